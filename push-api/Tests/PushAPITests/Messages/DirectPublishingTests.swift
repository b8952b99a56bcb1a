import Foundation
import PushModels
import PushRedis
import PushTestSupport
import Testing

@testable import PushAPI

extension LiveTests {
    /// Plain messages pass neither the parser nor the router. What asks to close the connection passes the parser, and a query, which means
    /// nothing here, sends the same message through the router: nobody may be able to tell the three apart.
    @Suite struct DirectPublishingTests {
        private static let direct = "/api/v1/messages"
        private static let routed = "/api/v1/messages?routed"

        private static func body(_ channel: String, _ content: String = "x") -> String {
            #"{"channels":["\#(channel)"],"content":"\#(content)"}"#
        }

        /// Values that differ from answer to answer.
        private static let changing: Set<String> = ["date", "x-request-id", "x-push-message-id", "ratelimit"]

        /// A request on a connection that stays open.
        private static func plain(_ client: HTTPClient, body: String, headers: [String]) async throws -> HTTPAnswer {
            let authorization = client.authorization.map { ["Authorization: \($0)"] } ?? []
            let head =
                ["POST \(Self.direct) HTTP/1.1", "Host: a"] + headers + authorization + ["Content-Length: \(body.utf8.count)"]
            let end = "GET /api HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            let answers = try await client.exchange(Array((head.joined(separator: "\r\n") + "\r\n\r\n" + body + end).utf8))
            return try #require(answers.count == 2 ? answers[0] : nil)
        }

        private static func expectSame(
            _ client: HTTPClient, body: String, headers: [String] = [], status: Int,
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let direct = try await client.request("POST", Self.direct, body: body, headers: headers)
            let routed = try await client.request("POST", Self.routed, body: body, headers: headers)
            let plain = try await Self.plain(client, body: body, headers: headers)
            #expect(routed.status == status, sourceLocation: sourceLocation)
            for answer in [direct, plain] {
                #expect(answer.status == status, sourceLocation: sourceLocation)
                #expect(
                    Set(answer.headers.keys).union(["connection"]) == Set(routed.headers.keys), sourceLocation: sourceLocation)
                for (name, value) in answer.headers where !Self.changing.contains(name) {
                    #expect(routed.headers[name] == value, "\(name)", sourceLocation: sourceLocation)
                }
                #expect(answer.text == routed.text, sourceLocation: sourceLocation)
            }
        }

        @Test func answersAreThoseOfTheRouter() async throws {
            try await withAPI(["server.trusted_proxies": "127.0.0.0/8"]) { (api) async throws in
                try await Self.expectSame(api.http, body: Self.body("a", "é"), status: 204)
                try await Self.expectSame(api.http, body: Self.body("a/b"), status: 400)
                try await Self.expectSame(api.http, body: "{", status: 400)
                try await Self.expectSame(
                    api.http, body: Self.body("a"), headers: ["Sec-Fetch-Site: cross-site"], status: 403)
                try await Self.expectSame(
                    api.http, body: Self.body("a"), headers: ["Sec-Fetch-Site: same-origin"], status: 204)
                var stranger = api.http
                for (index, authorization) in [nil, "Basic YTpi", "Bearer x"].enumerated() {
                    stranger.authorization = authorization
                    // Each from an address of its own: who fails often has to wait.
                    try await Self.expectSame(
                        stranger, body: Self.body("a"), headers: ["X-Forwarded-For: 192.0.2.\(index)"], status: 401)
                }
                let messages = try await api.messages()
                #expect(messages.map(\.channel) == Array(repeating: "a", count: 6))
                #expect(messages.map(\.content) == ["%C3%A9", "%C3%A9", "%C3%A9", "x", "x", "x"])
                #expect(
                    api.metric(#"http_server_requests_total{method="POST",route="/api/v1/messages",status="204"}"#) == "6")
                #expect(api.metric("push_api_messages_published_total") == "6")
                #expect(api.metric("push_api_publish_duration_seconds_count") == "6")
            }
        }

        @Test func openAccessNeedsNoCredentials() async throws {
            try await withAPI(["api.enable_auth": "false"]) { (api) async throws in
                var client = api.http
                client.authorization = nil
                try await Self.expectSame(client, body: Self.body("a"), status: 204)
            }
        }

        @Test func keysHoldAsInTheRouter() async throws {
            try await withAPI { (api) async throws in
                func client(_ key: String) async throws -> (client: HTTPClient, id: String) {
                    let answer = try await api.http.request("POST", "/api/v1/keys", body: key)
                    let json = try answer.json()
                    var client = api.http
                    client.authorization = "Bearer \(try #require(json["key"] as? String))"
                    return (client, try #require(json["id"] as? String))
                }
                let (publisher, id) = try await client(
                    #"{"name":"p","scopes":["publish"],"channelPrefixes":["news-"]}"#)
                // The first one is the router's in any case: it asks Redis for the key.
                for _ in 0..<3 { try await Self.expectSame(publisher, body: Self.body("news-1"), status: 204) }
                try await Self.expectSame(publisher, body: Self.body("other"), status: 403)
                let (reader, _) = try await client(#"{"name":"r","scopes":["stats"]}"#)
                for _ in 0..<2 { try await Self.expectSame(reader, body: Self.body("news-1"), status: 403) }
                let (limited, _) = try await client(
                    #"{"name":"l","scopes":["publish"],"channelPrefixes":["other-"],"limits":{"messagesPerSecond":100}}"#)
                for _ in 0..<2 { try await Self.expectSame(limited, body: Self.body("news-1"), status: 403) }
                #expect(try await api.http.request("DELETE", "/api/v1/keys/\(id)").status == 204)
                try await Self.expectSame(publisher, body: Self.body("news-1"), status: 401)
                #expect(try await api.messages().count == 9)
            }
        }

        @Test func manyRequestsOfOneConnectionAreAnsweredInOrder() async throws {
            try await withAPI { (api) async throws in
                let count = 200
                var bytes = ""
                for number in 0..<count {
                    let path = number % 7 == 3 ? Self.routed : Self.direct
                    let body = Self.body("c", "\(number)")
                    bytes += "POST \(path) HTTP/1.1\r\nHost: a\r\nAuthorization: \(HTTPClient.basic)\r\n"
                    bytes += number == count - 1 ? "Connection: close\r\n" : ""
                    bytes += "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
                }
                let answers = try await api.http.exchange(Array(bytes.utf8))
                #expect(answers.count == count && answers.allSatisfy { $0.status == 204 })
                let messages = try await api.messages()
                #expect(messages.map(\.content) == (0..<count).map { "\($0)" })
                #expect(messages.map { Optional($0.id) } == answers.map { $0.headers["x-push-message-id"] })
            }
        }
    }
}

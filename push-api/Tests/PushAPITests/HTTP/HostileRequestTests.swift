import PushModels
import PushTestSupport
import Testing

@testable import PushAPI

extension LiveTests {
    @Suite struct HostileRequestTests {
        private static let publish = #"{"channels":["a"],"content":"x"}"#

        private static func head(_ lines: [String], _ requestLine: String = "POST /api/v1/messages HTTP/1.1") -> String {
            ([requestLine, "Host: localhost", "Authorization: \(HTTPClient.basic)"] + lines).joined(separator: "\r\n")
                + "\r\n\r\n"
        }

        /// Runs `body`, and checks that push-api has published nothing and still serves.
        private func check(_ body: @escaping @Sendable (RunningAPI) async throws -> Void) async throws {
            try await withAPI { (api) async throws in
                try await body(api)
                #expect(try await api.entries().isEmpty)
                #expect(try await api.http.request("POST", "/api/v1/messages", body: Self.publish).status == 204)
            }
        }

        @Test func refusesHeaderLinesOf64KB() async throws {
            try await self.check { (api) async throws in
                let request =
                    Self.head(["X-Long: " + String(repeating: "a", count: 65_536), "Content-Length: 32"]) + Self.publish
                let answers = try await api.http.exchange(Array(request.utf8))
                #expect(answers.map(\.status) == [431])
                #expect(answers.first?.code == 431)
            }
        }

        @Test func refuses10000Headers() async throws {
            try await self.check { (api) async throws in
                let headers = (0..<10_000).map { "X-\($0): a" }
                let answers = try await api.http.exchange(
                    Array((Self.head(headers + ["Content-Length: 32"]) + Self.publish).utf8))
                #expect(answers.map(\.status) == [431])
            }
        }

        @Test func refusesALongPath() async throws {
            try await self.check { (api) async throws in
                let path = String(repeating: "a", count: 65_536)
                let answers = try await api.http.exchange(Array(Self.head([], "GET /api/v1/channels/\(path) HTTP/1.1").utf8))
                #expect(answers.count == 1)
                #expect(answers.first.map { (400..<500).contains($0.status) } == true)
            }
        }

        @Test func publishesNothingOfATruncatedRequest() async throws {
            try await self.check { (api) async throws in
                let whole = Self.head(["Content-Length: 100"]) + Self.publish
                for length in [10, 60, whole.utf8.count - 5, whole.utf8.count] {
                    let answers = try await api.http.exchange(Array(whole.utf8.prefix(length)), closesOutput: true)
                    #expect(answers.allSatisfy { (400..<500).contains($0.status) }, "\(answers.map(\.status))")
                }
                let chunked = Self.head(["Transfer-Encoding: chunked"]) + "20\r\n" + Self.publish + "\r\n"
                let answers = try await api.http.exchange(Array(chunked.utf8), closesOutput: true)
                #expect(answers.allSatisfy { (400..<500).contains($0.status) }, "\(answers.map(\.status))")
            }
        }

        @Test func refusesOversizeBodiesAnnouncedAndNot() async throws {
            try await self.check { (api) async throws in
                let announced = Self.head(["Content-Length: 1000000000000", "Connection: close"]) + "{"
                let first = try await api.http.exchange(Array(announced.utf8))
                #expect(first.map(\.status) == [413])
                #expect(first.first?.code == 100)

                let chunk = "10000\r\n" + String(repeating: " ", count: 65_536) + "\r\n"
                let chunked =
                    Self.head(["Transfer-Encoding: chunked", "Connection: close"]) + String(repeating: chunk, count: 10)
                    + "0\r\n\r\n"
                let second = try await api.http.exchange(Array(chunked.utf8))
                #expect(second.map(\.status) == [413])
            }
        }

        @Test(arguments: [
            "\r\n\r\n\r\n", "GARBAGE\r\n\r\n", "GET\r\n\r\n", "\u{16}\u{3}\u{1}", "GET / HTTP/9.9\r\n\r\n",
            "POST /api/v1/messages HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            "POST /api/v1/messages HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
            "POST /api/v1/messages HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        ])
        func answersNonsenseWithAnErrorOrNotAtAll(bytes: String) async throws {
            try await self.check { (api) async throws in
                let answers = try await api.http.exchange(Array(bytes.utf8), closesOutput: true)
                #expect(answers.allSatisfy { (400..<600).contains($0.status) && $0.status != 500 }, "\(answers.map(\.status))")
            }
        }

        @Test func answersPipelinedRequestsInOrder() async throws {
            try await withAPI { (api) async throws in
                let lines = (0..<20).map { number in
                    let body = #"{"channels":["a"],"content":"m\#(number)"}"#
                    let last = number == 19 ? ["Connection: close"] : []
                    return Self.head(["Content-Length: \(body.utf8.count)"] + last) + body
                }
                let answers = try await api.http.exchange(Array(lines.joined().utf8))
                #expect(answers.map(\.status) == Array(repeating: 204, count: 20))
                let messages = try await api.messages()
                #expect(messages.map(\.content) == (0..<20).map { "m\($0)" })
                #expect(answers.map { $0.headers["x-push-message-id"] } == messages.map(\.id))
            }
        }

        @Test func answersUnknownPathsAndMethodsWithJSON() async throws {
            try await self.check { (api) async throws in
                let unknown = try await api.http.request("GET", "/nothing/here")
                #expect(unknown.status == 404)
                #expect(unknown.code == 404)
                let allowed = [
                    ("/api", "GET"), ("/api/healthcheck", "GET"), ("/api/v1/auth", "GET"), ("/api/v1/messages", "POST"),
                    ("/api/v1/channels", "GET"), ("/api/v1/channels", "POST"), ("/api/v1/channels/a", "GET"),
                    ("/api/v1/channels/a", "DELETE"),
                    ("/api/v1/stats/global", "GET"), ("/api/v1/stats/channels/a", "GET"), ("/api/v1/config", "GET"), ("/", "GET"),
                    ("/api/v1/keys", "GET"), ("/api/v1/keys", "POST"), ("/api/v1/keys/aaaaaaaaaaaa", "GET"),
                    ("/api/v1/keys/aaaaaaaaaaaa", "DELETE"), ("/api/v1/keys/aaaaaaaaaaaa/rotate", "POST"),
                ]
                for (path, method) in allowed {
                    for other in ["PUT", "PATCH", "PROPFIND", "TRACE"] {
                        let answer = try await api.http.request(other, path)
                        #expect(answer.status == 405, "\(other) \(path)")
                        #expect(answer.code == 405)
                        #expect(answer.headers["allow"]?.contains(method) == true, "\(path)")
                    }
                }
                let get = try await api.http.request("GET", "/api/v1/messages")
                #expect(get.status == 405)
            }
        }

        @Test func answersHEADWhereGETExists() async throws {
            try await self.check { (api) async throws in
                for path in [
                    "/admin", "/api", "/api/healthcheck", "/api/v1/auth", "/api/v1/channels", "/api/v1/config", "/healthz",
                    "/api/v1/keys",
                ] {
                    let get = try await api.http.request("GET", path)
                    let head = try await api.http.request("HEAD", path)
                    #expect(head.status == 200, "\(path)")
                    #expect(head.body.isEmpty)
                    #expect(head.headers["content-length"] == get.headers["content-length"], "\(path)")
                }
            }
        }

        @Test func refusesWhatAnotherSitesPageSends() async throws {
            try await self.check { (api) async throws in
                for site in ["cross-site", "same-site"] {
                    let answer = try await api.http.request(
                        "POST", "/api/v1/messages", body: Self.publish, headers: ["Sec-Fetch-Site: \(site)"])
                    #expect(answer.status == 403)
                    let key = try await api.http.request(
                        "POST", "/api/v1/keys", body: #"{"name":"a","scopes":["admin"]}"#, headers: ["Sec-Fetch-Site: \(site)"])
                    #expect(key.status == 403)
                }
            }
            try await withAPI { (api) async throws in
                for site in ["same-origin", "none"] {
                    let answer = try await api.http.request(
                        "POST", "/api/v1/messages", body: Self.publish, headers: ["Sec-Fetch-Site: \(site)"])
                    #expect(answer.status == 204)
                }
            }
        }
    }
}

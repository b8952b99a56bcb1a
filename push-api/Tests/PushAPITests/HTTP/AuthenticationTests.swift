import Foundation
import Logging
import PushRedis
import PushTestSupport
import Testing

@testable import PushAPI

extension LiveTests {
    @Suite struct AuthenticationTests {
        private static let routes = [
            ("GET", "/api/v1/auth"), ("POST", "/api/v1/messages"), ("POST", "/api/v1/channels"), ("GET", "/api/v1/channels"),
            ("GET", "/api/v1/channels/a"), ("DELETE", "/api/v1/channels/a"), ("GET", "/api/v1/stats/global"),
            ("GET", "/api/v1/stats/channels/a"), ("GET", "/api/v1/config"), ("GET", "/api/v1/keys"), ("POST", "/api/v1/keys"),
            ("GET", "/api/v1/keys/aaaaaaaaaaaa"), ("DELETE", "/api/v1/keys/aaaaaaaaaaaa"),
            ("POST", "/api/v1/keys/aaaaaaaaaaaa/rotate"),
        ]

        private static func basic(_ text: String) -> String { "Basic " + Data(text.utf8).base64EncodedString() }

        @Test func everyRouteOfVersion1AsksForCredentials() async throws {
            // Each from an address of its own, so that none is slowed.
            try await withAPI(["server.trusted_proxies": "127.0.0.0/8"]) { (api) async throws in
                var attempt = 0
                let wrong: [String?] = [
                    nil, Self.basic("app:wrong"), Self.basic("app:"), Self.basic("other:secret"), Self.basic("secret"),
                    "Basic ???",
                    "Bearer secret",
                ]
                for (method, path) in Self.routes {
                    for authorization in wrong {
                        var http = api.http
                        http.authorization = authorization
                        let body = method == "POST" ? #"{"id":"a","channels":["a"],"content":"x"}"# : nil
                        attempt += 1
                        let headers = ["X-Forwarded-For: 192.0.2.\(attempt)"]
                        let answer = try await http.request(method, path, body: body, headers: headers)
                        #expect(answer.status == 401, "\(method) \(path)")
                        #expect(answer.code == 401)
                        #expect(answer.headers["www-authenticate"]?.hasPrefix("Basic realm=") == true)
                    }
                }
                #expect(try await api.redis.scan().keys.isEmpty)
                #expect(!api.log.lines.contains { $0.message.contains("secret") })
            }
        }

        @Test func tellsWhetherTheCredentialsAreRight() async throws {
            try await withAPI { (api) async throws in
                let answer = try await api.http.request("GET", "/api/v1/auth")
                #expect(answer.status == 200)
                #expect(
                    answer.text
                        == #"{"data":{"channelPrefixes":[],"key":null,"scopes":["publish","channels","stats","admin"],"user":"app"}}"#
                )
            }
        }

        @Test func canBeSwitchedOffWithAWarning() async throws {
            try await withAPI(["api.enable_auth": "false"]) { (api) async throws in
                var http = api.http
                http.authorization = nil
                let auth = try await http.request("GET", "/api/v1/auth")
                #expect(auth.status == 200)
                #expect(
                    auth.text
                        == #"{"data":{"channelPrefixes":[],"key":null,"scopes":["publish","channels","stats","admin"],"user":null}}"#
                )
                #expect(try await http.request("GET", "/api/v1/keys").status == 200)
                #expect(
                    try await http.request("POST", "/api/v1/messages", body: #"{"channels":["a"],"content":"x"}"#).status == 204)
                #expect(api.log.lines.contains { $0.level == .warning && $0.message.contains("Authentication is off") })
            }
        }

        @Test func whatIsOpenIsOpen() async throws {
            try await withAPI { (api) async throws in
                var http = api.http
                http.authorization = nil
                #expect(try await http.request("GET", "/api").text == #"{"data":{"app":"push-api"}}"#)
                let health = try await http.request("GET", "/api/healthcheck")
                #expect(health.text == #"{"data":{"services":[{"service":"app","status":"working"}]}}"#)
                for path in ["/healthz", "/metrics", "/admin"] {
                    #expect(try await http.request("GET", path).status == 200, "\(path)")
                }
                // It gives Redis a second.
                try await eventually("readiness") { [http] in try await http.request("GET", "/readyz").status == 200 }
                let metrics = try await http.request("GET", "/metrics").text
                for name in [
                    "push_api_messages_published_total", "push_api_publish_duration_seconds", "push_api_errors_total",
                    "push_api_worker_runs_total", "push_api_channels_created_total", "http_server_requests_total",
                ] {
                    #expect(metrics.contains("# TYPE \(name) "), "\(name)")
                }
            }
        }
    }
}

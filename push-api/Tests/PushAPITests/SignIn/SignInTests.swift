import Foundation
import PushRuntime
import PushTestSupport
import Synchronization
import Testing

@testable import PushAPI

extension LiveTests {
    @Suite struct SignInTests {
        private static func basic(_ text: String) -> String { "Basic " + Data(text.utf8).base64EncodedString() }

        /// Without it a slow machine could take longer for a test than an address has to wait.
        private final class StandingClock: Sendable {
            private let time = Mutex(ContinuousClock.now)

            var now: ContinuousClock.Instant { self.time.withLock { $0 } }

            func advance(by duration: Duration) { self.time.withLock { $0 += duration } }
        }

        private static var standing: SignInThrottle {
            let clock = StandingClock()
            return SignInThrottle { clock.now }
        }

        private static func request(_ api: RunningAPI, _ authorization: String?, from address: String) async throws -> HTTPAnswer
        {
            try await HTTPClient(port: api.http.port, authorization: authorization).request(
                "GET", "/api/v1/auth", headers: ["X-Forwarded-For: \(address)"])
        }

        @Test func slowsAnAddressAfterFiveFailures() async throws {
            let clock = StandingClock()
            let signIns = SignInThrottle { clock.now }
            try await withAPI(["server.trusted_proxies": "127.0.0.1"], signIns: signIns) { (api) async throws in
                let fresh = "Bearer \(try await api.createKey(["publish"]).text)"
                let wrong = [
                    Self.basic("app:wrong"), "Bearer psk_x", "Digest a", "Basic ???",
                    "Bearer \(APIKeyToken.make(id: "aaaaaaaaaaaa").text)",
                ]
                // The configured user has signed in from there before.
                #expect(try await Self.request(api, HTTPClient.basic, from: "192.0.2.1").status == 200)
                for authorization in wrong {
                    #expect(try await Self.request(api, authorization, from: "192.0.2.1").status == 401, "\(authorization)")
                }
                let slowed = try await Self.request(api, wrong[0], from: "192.0.2.1")
                #expect(slowed.status == 429)
                #expect(slowed.code == 429)
                #expect(slowed.headers["retry-after"] == "1")
                // Right or wrong is not looked at, but for credentials that were right from there before.
                #expect(try await Self.request(api, fresh, from: "192.0.2.1").status == 429)
                #expect(try await Self.request(api, HTTPClient.basic, from: "192.0.2.1").status == 200)
                // Others are not concerned.
                #expect(try await Self.request(api, fresh, from: "192.0.2.2").status == 200)
                #expect(try await Self.request(api, wrong[0], from: "192.0.2.3").status == 401)
                #expect(api.metric("push_api_sign_in_failures_total") == "6")
                #expect(api.metric("push_api_sign_ins_slowed_total") == "2")

                // Each further failure doubles the wait.
                clock.advance(by: .milliseconds(999))
                #expect(try await Self.request(api, wrong[0], from: "192.0.2.1").status == 429)
                clock.advance(by: .milliseconds(1))
                #expect(try await Self.request(api, wrong[0], from: "192.0.2.1").status == 401)
                let again = try await Self.request(api, wrong[0], from: "192.0.2.1")
                #expect(again.status == 429)
                #expect(again.headers["retry-after"] == "2")
                #expect(!api.log.lines.contains { $0.message.contains("wrong") })
                // Who guesses can be found, as the advice for the alerts says.
                for message in ["Sign-in failed", "Sign-in slowed"] {
                    #expect(api.log.lines.contains { $0.message.contains(message) && $0.message.contains("address=192.0.2.1") })
                }
            }
        }

        @Test func slowsWholeNetworksOfIPv6() async throws {
            try await withAPI(["server.trusted_proxies": "127.0.0.0/8"], signIns: Self.standing) { (api) async throws in
                for number in 1...5 {
                    #expect(try await Self.request(api, Self.basic("a:b"), from: "2001:db8::\(number)").status == 401)
                }
                #expect(try await Self.request(api, Self.basic("a:b"), from: "2001:db8::ffff:1").status == 429)
                #expect(try await Self.request(api, Self.basic("a:b"), from: "2001:db8:0:1::1").status == 401)
            }
        }

        @Test func believesNoForwardedAddressesByDefault() async throws {
            try await withAPI(signIns: Self.standing) { (api) async throws in
                for number in 1...5 {
                    #expect(try await Self.request(api, Self.basic("a:b"), from: "192.0.2.\(number)").status == 401)
                }
                #expect(try await Self.request(api, Self.basic("a:b"), from: "192.0.2.6").status == 429)
            }
        }

        @Test func requestsWithoutCredentialsAreNoAttempts() async throws {
            try await withAPI { (api) async throws in
                for _ in 0..<10 {
                    let answer = try await Self.request(api, nil, from: "192.0.2.1")
                    #expect(answer.status == 401)
                    #expect(answer.headers["www-authenticate"]?.contains("Bearer realm=") == true)
                }
                #expect(try await Self.request(api, Self.basic("app:wrong"), from: "192.0.2.1").status == 401)
                #expect(api.metric("push_api_sign_in_failures_total") == "1")
            }
        }

        @Test func twoCredentialsAreNone() async throws {
            try await withAPI { (api) async throws in
                let answer = try await api.http.request(
                    "GET", "/api/v1/auth", headers: ["Authorization: \(HTTPClient.basic)"])
                #expect(answer.status == 401)
            }
        }
    }
}

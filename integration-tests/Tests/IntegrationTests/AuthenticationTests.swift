import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// Who may publish, and where.
    @Suite struct Authentication {
        @Test(arguments: DeploymentKind.allCases)
        func `push-api refuses whoever has not the right credentials`(kind: DeploymentKind) async throws {
            var options = DeploymentOptions()
            // Each attempt comes from an address of its own, for attempts that fail slow their address.
            for prefix in ["PUSHAPI", "PUSHSERVICE"] { options.environment["\(prefix)_SERVER__TRUSTED_PROXIES"] = "127.0.0.1" }
            try await withDeployment(kind, options: options) { deployment in
                let channel = uniqueChannel("locked")
                let canary = try await deployment.eventSource(channel)
                let right = deployment.credentials
                func basic(_ text: String) -> String { "Basic " + Data(text.utf8).base64EncodedString() }
                let wrong: [String?] = [
                    nil, "", "Basic", "Basic ", "Basic !!!", "Basic \(right.user):\(right.password)", basic(""),
                    basic(right.user),
                    basic("\(right.user):"), basic("\(right.user):wrong"), basic("\(right.user):\(right.password)x"),
                    basic("\(right.user):\(right.password.dropLast())"), basic("wrong:\(right.password)"),
                    basic(":\(right.password)"),
                    basic("\(right.user.uppercased()):\(right.password)"), "Bearer \(right.password)",
                    "Digest username=\"\(right.user)\"", basic("\(right.user):\(right.password)\u{0}"),
                    "Basic " + Data([0xFF, 0xFE, 0x3A, 0xFF]).base64EncodedString(),
                    basic(String(repeating: "x", count: 4000)),
                ]
                let requests = [
                    HTTPRequest("POST", "/api/v1/messages", text: #"{"channels":["\#(channel)"],"content":"never"}"#),
                    HTTPRequest("POST", "/api/v1/channels", text: #"{"id":"never","ttl":60}"#),
                    HTTPRequest("GET", "/api/v1/auth"), HTTPRequest("GET", "/api/v1/channels"),
                    HTTPRequest("DELETE", "/api/v1/channels/x"), HTTPRequest("GET", "/api/v1/stats/global"),
                    HTTPRequest("GET", "/api/v1/stats/channels/x"), HTTPRequest("GET", "/api/v1/config"),
                ]
                for (number, authorization) in wrong.enumerated() {
                    for (place, var request) in requests.enumerated() {
                        request.fields.append(("X-Forwarded-For", "192.0.\(number).\(place)"))
                        if let authorization { request.fields.append(("Authorization", authorization)) }
                        let connection = try await HTTPConnection(to: deployment.api)
                        let response = try await connection.response(to: request)
                        let name =
                            "\(request.method) \(request.target) with \(authorization.map { "'\($0.prefix(80))'" } ?? "nothing")"
                        #expect(response.status == 401, "\(name)")
                        #expect(response.head["WWW-Authenticate"]?.hasPrefix("Basic ") == true, "\(name)")
                        #expect(!response.text.contains(right.password), "\(name)")
                        connection.close()
                    }
                }
                // One that keeps trying has to wait.
                var statuses: [Int] = []
                // Each failure after the fifth doubles the wait, so that some request comes within it however slow the machine is.
                while statuses.count < 12, statuses.last != 429 {
                    let fields = [("X-Forwarded-For", "198.51.100.1"), ("Authorization", basic("\(right.user):wrong"))]
                    let connection = try await HTTPConnection(to: deployment.api)
                    let response = try await connection.response(to: HTTPRequest("GET", "/api/v1/auth", fields: fields))
                    statuses.append(response.status)
                }
                #expect(statuses.count > 5 && statuses.last == 429 && statuses.dropLast().allSatisfy { $0 == 401 }, "\(statuses)")
                let publisher = deployment.publisher()
                #expect(try await publisher.send("GET", "/api/v1/auth").status == 200)
                let eventID = try await publisher.publish("allowed", to: channel)
                #expect(try await canary.next().eventID == eventID)

                // Health and metrics need no credentials; no process has logged the password.
                for path in ["/healthz", "/readyz", "/metrics", "/api/healthcheck"] {
                    // Readiness asks Redis, which may be late on a busy machine.
                    try await eventually("\(path) answers") {
                        let connection = try await HTTPConnection(to: deployment.api)
                        return try await connection.response(to: HTTPRequest("GET", path)).status == 200
                    }
                }
                if kind == .fourProcesses {
                    #expect(!RunningProcesses.shared.logTails().contains(right.password))
                }
            }
        }

        @Test(arguments: DeploymentKind.allCases)
        func `the publisher of push-stream is not on the public port`(kind: DeploymentKind) async throws {
            try await withDeployment(kind) { deployment in
                let channel = uniqueChannel("public")
                let canary = try await deployment.eventSource(channel)
                for method in ["POST", "PUT", "GET", "DELETE"] {
                    for target in [
                        "/pub?id=\(channel)", "/pub/?id=\(channel)", "//pub?id=\(channel)", "/PUB?id=\(channel)",
                        "/ev/../pub?id=\(channel)", "/channels-stats?id=ALL",
                    ] {
                        let connection = try await HTTPConnection(to: deployment.stream)
                        let response = try await connection.response(
                            to: HTTPRequest(method, target, text: method == "GET" ? "" : "never"))
                        #expect([400, 403, 404, 405].contains(response.status), "\(method) \(target)")
                    }
                }
                let eventID = try await deployment.publisher().publish("by the API", to: channel)
                #expect(try await canary.next().eventID == eventID)
            }
        }

        @Test func `push-service listens on its two ports and no other`() async throws {
            try await withDeployment(.singleBinary) { deployment in
                let listening = try deployment.processIDs().values.reduce(into: Set<Int>()) {
                    $0.formUnion(ProcessTable.listeningPorts(of: $1))
                }
                #expect(Set(listening.map { Endpoint.port($0) }) == [deployment.api, deployment.stream])
            }
        }
    }
}

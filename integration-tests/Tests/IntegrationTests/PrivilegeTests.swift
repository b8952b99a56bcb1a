import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// Containers run the programs without any capability.
    @Suite struct Privileges {
        @Test func `push-agent delivers without a privilege`() async throws {
            try await withDeployment(.fourProcesses) { deployment in
                guard case .port(let redis) = deployment.redis, case .port(let control) = deployment.control else { return }
                let port = try ServicePort.allocate()
                let program = try Repository.binary("push-agent")
                // The user stays the same, who can read the binaries; nobody else than root has something to lose.
                let unprivileged =
                    geteuid() == 0 ? ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all", program] : [program]
                try await withProcess(
                    "unprivileged push-agent", unprivileged[0], arguments: Array(unprivileged.dropFirst()),
                    environment: [
                        "PUSHAGENT_REDIS__URL": "redis://127.0.0.1:\(redis)", "PUSHAGENT_AGENT__NAME": "unprivileged",
                        "PUSHAGENT_PUSH_STREAM__URL": "http://127.0.0.1:\(control)", "PUSHAGENT_SERVER__PORT": "\(port)",
                    ]
                ) { _ in
                    try await eventually(within: .seconds(60), "the unprivileged agent is ready") {
                        guard let connection = try? await HTTPConnection(to: .port(port)) else { return false }
                        defer { connection.close() }
                        return try await connection.response(to: HTTPRequest("GET", "/readyz")).status == 200
                    }
                }
            }
        }
    }
}

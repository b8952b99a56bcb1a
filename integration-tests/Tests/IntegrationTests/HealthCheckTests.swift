import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// `--health` of each program: what containers run as their health check.
    @Suite struct HealthChecks {
        private func check(_ program: String, _ arguments: [String] = [], _ environment: [String: String] = [:]) async throws
            -> PushTestSupport.ExitStatus
        {
            let process = try TestProcess(
                try Repository.binary(program), arguments: ["--health"] + arguments, environment: environment)
            return try await process.finish(within: .seconds(60))
        }

        @Test func `each program tells whether the running one is well`() async throws {
            try await withDeployment(.fourProcesses) { deployment in
                guard case .port(let stream) = deployment.stream, case .port(let api) = deployment.api,
                    case .port(let agent)? = deployment.agent
                else { return }
                let checks: [(Component, () async throws -> PushTestSupport.ExitStatus)] = [
                    (.pushStream, { try await self.check("push-stream", ["http://localhost:\(stream)/healthz"]) }),
                    // From the configuration that the service has.
                    (.pushAPI, { try await self.check("push-api", [], ["PUSHAPI_SERVER__PORT": "\(api)"]) }),
                    (.pushAgent, { try await self.check("push-agent", [], ["PUSHAGENT_SERVER__PORT": "\(agent)"]) }),
                ]
                for (_, check) in checks { #expect(try await check() == .exited(0)) }
                for (component, check) in checks {
                    try await deployment.kill(component)
                    #expect(try await check() == .exited(1), "\(component)")
                }
            }
        }

        @Test func `the single binary too`() async throws {
            try await withDeployment(.singleBinary) { deployment in
                guard case .port(let api) = deployment.api else { return }
                #expect(try await self.check("push-service", ["--api-port", "\(api)"]) == .exited(0))
                try await deployment.kill(.pushService)
                #expect(try await self.check("push-service", ["--api-port", "\(api)"]) == .exited(1))
            }
        }
    }
}

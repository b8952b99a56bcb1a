import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// push-api against its own description: schemathesis sends what `/api/v1/openapi.json` allows, and what it does not.
    @Suite struct OpenAPI {
        private static let folder = "\(Repository.root)/integration-tests/Tests/IntegrationTests/OpenAPI"

        struct NotInstalled: Error, CustomStringConvertible {
            let path: String
            var description: String { "\(self.path) is not there: run scripts/prepare-schemathesis first" }
        }

        /// The program that `scripts/prepare-schemathesis` puts below the scratch path.
        private static func schemathesis() throws -> String {
            let scratch = URL(fileURLWithPath: Repository.binaries).deletingLastPathComponent().path
            let path = "\(scratch)/schemathesis/bin/schemathesis"
            guard FileManager.default.isExecutableFile(atPath: path) else { throw NotInstalled(path: path) }
            return path
        }

        @Test func `schemathesis finds no difference between push-api and its description`() async throws {
            let program = try Self.schemathesis()
            var options = DeploymentOptions()
            // hooks.py gives each request an address of its own.
            options.environment["PUSHAPI_SERVER__TRUSTED_PROXIES"] = "127.0.0.1"
            try await withDeployment(.fourProcesses, options: options) { deployment in
                // The examples ask for the channel `news`: let there be statistics of it.
                let subscriber = try await deployment.eventSource("news")
                let publisher = deployment.publisher()
                _ = try await publisher.publish("Hello", to: "news")
                try await eventually("the agent's report") {
                    try await publisher.send("GET", "/api/v1/stats/channels/news").status == 200
                }
                guard case .port(let port) = deployment.api else { return }
                try await withProcess(
                    "schemathesis", program,
                    arguments: [
                        "--config-file", "\(Self.folder)/schemathesis.toml", "--no-color", "run",
                        "http://127.0.0.1:\(port)/api/v1/openapi.json",
                    ],
                    environment: [
                        "SCHEMATHESIS_HOOKS": "\(Self.folder)/hooks.py", "PYTHONDONTWRITEBYTECODE": "1",
                        "PUSH_API_USER": deployment.credentials.user, "PUSH_API_PASSWORD": deployment.credentials.password,
                    ]
                ) { run in
                    let status = try await run.exit(within: .seconds(500))
                    let lines = try await run.allLines().map(\.text)
                    // Bodies of 32 KB are lines too.
                    let report = lines.map { $0.prefix(400) }.joined(separator: "\n")
                    #expect(status == .exited(0), "\(report)")
                    // A run that tested less would succeed as well.
                    let operations = try #require(lines.firstMatch(of: /Operations: +(\d+) selected \/ (\d+) total/), "\(report)")
                    #expect(operations.1 == operations.2)
                    for phase in ["Examples", "Coverage", "Fuzzing", "Stateful"] {
                        #expect(lines.contains { $0.contains("✅ \(phase)") }, "\(phase) did not run: \(report)")
                    }
                    let cases = try #require(lines.firstMatch(of: /(\d+) generated/), "\(report)")
                    print("measured: schemathesis: \(cases.1) requests to \(operations.2) operations")
                }
                withExtendedLifetime(subscriber) {}
            }
        }
    }
}

extension [String] {
    fileprivate func firstMatch<Output>(of pattern: some RegexComponent<Output>) -> Output? {
        for line in self {
            if let match = line.firstMatch(of: pattern) { return match.output }
        }
        return nil
    }
}

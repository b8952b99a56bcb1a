import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// pushaas against the OpenAPI document that tsuru publishes for service providers.
    ///
    /// The document is tsuru's and not part of this repository: it is looked for at `TSURU_SERVICE_API`, else in the folder `shared` beside the
    /// repository.
    @Suite struct TsuruDocument {
        private static let folder = "\(Repository.root)/integration-tests/Tests/IntegrationTests/Pushaas"

        struct NotThere: Error, CustomStringConvertible {
            let path: String
            let remedy: String
            var description: String { "\(self.path) is not there: \(self.remedy)" }
        }

        private static func document() throws -> String {
            let given = ProcessInfo.processInfo.environment["TSURU_SERVICE_API"] ?? ""
            let path = given.isEmpty ? "\(Repository.root)/../shared/tsuru-service-api.yaml" : given
            guard FileManager.default.fileExists(atPath: path) else {
                throw NotThere(path: path, remedy: "say by TSURU_SERVICE_API where tsuru's OpenAPI document for services is")
            }
            return path
        }

        private static func schemathesis() throws -> String {
            let scratch = URL(fileURLWithPath: Repository.binaries).deletingLastPathComponent().path
            let path = "\(scratch)/schemathesis/bin/schemathesis"
            guard FileManager.default.isExecutableFile(atPath: path) else {
                throw NotThere(path: path, remedy: "run scripts/prepare-schemathesis first")
            }
            return path
        }

        @Test func `schemathesis finds nothing in pushaas that tsuru's document does not allow`() async throws {
            let document = try Self.document()
            let program = try Self.schemathesis()
            try await RunningPushaas.run { pushaas in
                #expect(try await pushaas.send("POST", "/resources", form: [("name", "mychat")]).status == 201)
                try await pushaas.awaitUp("mychat")
                let credentials = RunningPushaas.credentials
                try await withProcess(
                    "schemathesis", program,
                    arguments: [
                        "--config-file", "\(Self.folder)/tsuru.toml", "--no-color", "run", document, "--url",
                        "http://127.0.0.1:\(pushaas.port)/api/v1", "--auth", "\(credentials.user):\(credentials.password)",
                        // What services offer through tsuru's proxy is theirs; pushaas offers nothing.
                        "--exclude-path", "/resources/{name}/{path}", "--checks",
                        "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
                            + "response_headers_conformance",
                    ],
                    environment: ["SCHEMATHESIS_HOOKS": "\(Self.folder)/tsuru_hooks.py", "PYTHONDONTWRITEBYTECODE": "1"]
                ) { run in
                    let status = try await run.exit(within: .seconds(500))
                    let report = try await run.allLines().map { $0.text.prefix(400) }.joined(separator: "\n")
                    #expect(status == .exited(0), "\(report)")
                    for phase in ["Coverage", "Fuzzing", "Stateful"] {
                        #expect(report.contains("✅ \(phase)"), "\(phase) did not run: \(report)")
                    }
                    #expect(report.contains("Operations:       11 selected"), "\(report)")
                    let cases = try #require(report.firstMatch(of: /(\d+) generated/), "\(report)")
                    print("measured: schemathesis with tsuru's document: \(cases.1) requests")
                }
                // It is still as it was, and can be used.
                try await pushaas.awaitUp("mychat")
                #expect(try await pushaas.bind("mychat", app: "myapp").count == 3)
            }
        }
    }
}

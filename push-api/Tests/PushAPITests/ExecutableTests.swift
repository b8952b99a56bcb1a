import Foundation
import PushRuntime
import PushTestSupport
import Testing

@testable import PushAPI

extension LiveTests {
    /// The program itself, as a process.
    @Suite struct ExecutableTests {
        /// Beside the program that runs these tests.
        private static let path = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "push-api")
            .path

        private static func start(
            _ arguments: [String] = [], _ environment: [String: String] = [:], _ directory: TemporaryDirectory
        ) throws -> TestProcess {
            try TestProcess(Self.path, arguments: arguments, environment: environment, workingDirectory: directory.path)
        }

        @Test func printsHelpAndVersion() async throws {
            let directory = try TemporaryDirectory()
            let help = try Self.start(["--help"], [:], directory)
            #expect(try await help.finish() == .exited(0))
            #expect(help.text.contains("Usage: push-api"))
            for key in PushAPIConfiguration.schema.keys {
                #expect(help.text.contains(PushAPIConfiguration.schema.variable(for: key.name)), "\(key.name)")
            }
            let version = try Self.start(["--version"], [:], directory)
            #expect(try await version.finish() == .exited(0))
            #expect(version.lines.map(\.text) == [pushAPIVersion])
            let unknown = try Self.start(["--nonsense"], [:], directory)
            #expect(try await unknown.finish() == .exited(2))
            #expect(unknown.text.contains("--help"))
        }

        @Test func servesAndDrains() async throws {
            let directory = try TemporaryDirectory()
            try await withRedisServer { (redis) async throws in
                let port = try freePort()
                let process = try Self.start(
                    [],
                    [
                        "PUSHAPI_REDIS__URL": redis.url, "PUSHAPI_SERVER__PORT": "\(port)", "PUSHAPI_SERVER__HOST": "127.0.0.1",
                        "PUSHAPI_API__BASIC_AUTH_PASSWORD": "secret",
                    ], directory)
                try await process.line(containing: "listening")
                let http = HTTPClient(port: port)
                let published = try await answerFromRedis {
                    try await http.request("POST", "/api/v1/messages", body: #"{"channels":["a"],"content":"x"}"#)
                }
                #expect(published.status == 204)
                let metrics = try await http.request("GET", "/metrics").text
                #expect(metrics.contains(#"http_server_requests_total{method="POST",route="/api/v1/messages",status="204"} 1"#))
                #expect(metrics.contains("push_api_messages_published_total 1"))
                #expect(metrics.contains("push_redis_commands_total"))
                process.signal(SIGTERM)
                #expect(try await process.exit() == .exited(0))
                #expect(!process.text.contains("secret"))
            }
        }

        @Test func saysInOneLineWhyItCannotStart() async throws {
            let directory = try TemporaryDirectory()
            try await withRedisServer { (redis) async throws in
                let cases: [(environment: [String: String], text: String)] = [
                    (["PUSHAPI_ENV": "prod"], "api.basic_auth_password"),
                    (["PUSHAPI_API__STATICS_PATH": "/nowhere"], "api.statics_path: the folder '/nowhere' cannot be read"),
                    (["PUSHAPI_SERVER__PORT": "\(redis.port)", "PUSHAPI_SERVER__HOST": "127.0.0.1"], "server.port"),
                ]
                for (environment, text) in cases {
                    let process = try Self.start([], environment.merging(["PUSHAPI_REDIS__URL": redis.url]) { $1 }, directory)
                    #expect(try await process.finish() == .exited(1))
                    let errors = process.lines.filter { $0.stream == .standardError }.map(\.text)
                    #expect(errors.count == 1)
                    #expect(errors.first?.contains(text) == true, "\(errors)")
                }
            }
        }
    }
}

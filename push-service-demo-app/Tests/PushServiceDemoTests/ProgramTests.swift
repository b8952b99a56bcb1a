import Foundation
import PushRuntime
import PushServiceDemo
import PushTestSupport
import Testing

@Suite("Program", .serialized) struct ProgramTests {
    /// Beside the bundle of the tests.
    private static var path: String {
        let bundle = Bundle.allBundles.map(\.bundlePath).first { $0.hasSuffix(".xctest") }
        let folder = bundle.map { URL(fileURLWithPath: $0).deletingLastPathComponent() } ?? Bundle.main.bundleURL
        return folder.appendingPathComponent("push-service-demo-app").path
    }

    @Test("It serves in its working folder, tells its health, and exits 0 after SIGTERM") func life() async throws {
        let folder = try TemporaryDirectory()
        let port = try freePort()
        let environment = ["PORT": "\(port)", "DEMO_SERVER__HOST": "127.0.0.1"]
        let process = try TestProcess(Self.path, environment: environment, workingDirectory: folder.path)
        let demo = RunningDemo(port: port)
        try await eventually("it serves") { (try? await demo.get("/readyz").status) == 200 }
        #expect(FileManager.default.fileExists(atPath: folder.file("demo.sqlite")))
        #expect(try await demo.get("/").text.contains("Open me in two windows"))
        let health = try TestProcess(Self.path, arguments: ["--health"], environment: environment, workingDirectory: folder.path)
        #expect(try await health.finish() == .exited(0))
        process.signal(SIGTERM)
        #expect(try await process.finish() == .exited(0))
        let late = try TestProcess(Self.path, arguments: ["--health"], environment: environment, workingDirectory: folder.path)
        #expect(try await late.finish() == .exited(1))
    }

    @Test("--help, --version and wrong arguments") func arguments() async throws {
        let help = try TestProcess(Self.path, arguments: ["--help"])
        #expect(try await help.finish() == .exited(0))
        for name in ["PUSHAAS_ENDPOINT", "PUSHAAS_USERNAME", "PUSHAAS_PASSWORD", "PORT (default: 8888)", "DEMO_DATABASE"] {
            try await help.line(containing: name)
        }
        let version = try TestProcess(Self.path, arguments: ["--version"])
        #expect(try await version.finish() == .exited(0))
        try await version.line(containing: DemoCommandLine.version)
        let wrong = try TestProcess(Self.path, arguments: ["--verbose"])
        #expect(try await wrong.finish() == .exited(2))
        try await wrong.line(containing: "unknown argument")
    }

    @Test(
        "What it cannot start with is one line that says what to do",
        arguments: [
            (["PORT": "http"], "PORT: expected an integer from 0 to 65535"),
            (["PORT": "65536"], "PORT: expected an integer from 0 to 65535"),
            (["DEMO_DATABASE": "/nowhere/at/all/demo.sqlite"], "set DEMO_DATABASE to a file in a folder"),
            (["DEMO_DATABASE": ""], "DEMO_DATABASE"),
            (["DEMO_DATABSE": "x"], "did you mean DEMO_DATABASE?"),
        ])
    func wrongConfiguration(environment: [String: String], sentence: String) async throws {
        let folder = try TemporaryDirectory()
        let process = try TestProcess(Self.path, environment: environment, workingDirectory: folder.path)
        #expect(try await process.finish() == .exited(1))
        let line = try await process.line(containing: sentence)
        #expect(line.stream == .standardError)
        #expect(process.lines.filter { $0.stream == .standardError }.count == 1)
    }

    @Test("Defaults") func defaults() throws {
        let configuration = try DemoConfiguration(environment: [:])
        #expect((configuration.port, configuration.host, configuration.database) == (8888, "0.0.0.0", "demo.sqlite"))
        #expect(configuration.pushService.missing == [.endpoint, .username, .password])
    }
}

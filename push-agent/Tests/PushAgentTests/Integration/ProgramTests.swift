import Foundation
import PushModels
import PushTestSupport
import Testing

@testable import PushAgent

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

@Suite("Program", .serialized) struct ProgramTests {
    /// Beside the bundle of the tests.
    private static var path: String {
        let bundle = Bundle.allBundles.map(\.bundlePath).first { $0.hasSuffix(".xctest") }
        let folder = bundle.map { URL(fileURLWithPath: $0).deletingLastPathComponent() } ?? Bundle.main.bundleURL
        return folder.appendingPathComponent("push-agent").path
    }

    private func get(_ port: Int, _ path: String) async throws -> (status: Int, body: String) {
        let url = try #require(URL(string: "http://127.0.0.1:\(port)\(path)"))
        let (data, response) = try await URLSession.shared.data(from: url)
        return ((response as? HTTPURLResponse)?.statusCode ?? 0, String(decoding: data, as: UTF8.self))
    }

    @Test("It delivers, tells its health and metrics, and exits 0 after SIGTERM") func life() async throws {
        try await Harness.run { harness in
            let port = try freePort()
            let process = try TestProcess(
                Self.path,
                environment: [
                    "PUSHAGENT_AGENT__NAME": harness.agent, "PUSHAGENT_REDIS__URL": harness.server.url,
                    "PUSHAGENT_PUSH_STREAM__URL": "http://127.0.0.1:\(harness.pushStream.port)",
                    "PUSHAGENT_SERVER__PORT": "\(port)", "PUSHAGENT_SERVER__HOST": "127.0.0.1",
                ], workingDirectory: "/tmp")
            let ids = try await harness.publish("a", "one", "two")
            try await harness.waitForPosition(try #require(ids.last))
            try await eventually("readiness") { (try? await self.get(port, "/readyz").status) == 200 }
            #expect(try await self.get(port, "/healthz").status == 200)
            try await eventually("the metric") {
                try await self.get(port, "/metrics").body.contains("push_agent_delivered_total 2\n")
            }

            try await harness.pushStream.stop()
            try await eventually("unreadiness") {
                let answer = try await self.get(port, "/readyz")
                return answer.status == 503 && answer.body.contains("push-stream") && !answer.body.contains("\"redis\"")
            }
            try await harness.pushStream.listen()

            process.signal(SIGTERM)
            #expect(try await process.finish() == .exited(0))
            #expect(try await harness.store.position()?.description == ids.last)
            #expect(!process.text.contains("two"), "no content in the log")
        }
    }

    @Test("kill -9 in the middle of a batch loses nothing") func kill() async throws {
        try await Harness.run { harness in
            let environment = [
                "PUSHAGENT_AGENT__NAME": harness.agent, "PUSHAGENT_REDIS__URL": harness.server.url,
                "PUSHAGENT_PUSH_STREAM__URL": "http://127.0.0.1:\(harness.pushStream.port)",
                "PUSHAGENT_SERVER__PORT": "0", "PUSHAGENT_SERVER__HOST": "127.0.0.1",
            ]
            let messages = Harness.messages(3_000, channels: 9)
            let ids = try await harness.publish(messages)
            let first = try TestProcess(Self.path, environment: environment, workingDirectory: "/tmp")
            try await harness.waitForMessages(1_100)
            first.signal(SIGKILL)
            #expect(try await first.finish() == .signalled(SIGKILL))
            let second = try TestProcess(Self.path, environment: environment, workingDirectory: "/tmp")
            try await harness.waitForPosition(try #require(ids.last))
            harness.expectOrder(messages)
            try await second.terminate()
        }
    }

    @Test("--help, --version and wrong arguments") func arguments() async throws {
        let help = try TestProcess(Self.path, arguments: ["--help"])
        #expect(try await help.finish() == .exited(0))
        try await help.line(containing: "PUSHAGENT_WORKERS__SUBSCRIPTION__REPLAY_WINDOW")
        let version = try TestProcess(Self.path, arguments: ["--version"])
        #expect(try await version.finish() == .exited(0))
        try await version.line(containing: AgentCommandLine.version)
        let wrong = try TestProcess(Self.path, arguments: ["--verbose"])
        #expect(try await wrong.finish() == .exited(2))
        try await wrong.line(containing: "unknown argument")
    }

    @Test("A wrong configuration is one line, exit status 1") func wrongConfiguration() async throws {
        let process = try TestProcess(
            Self.path, environment: ["PUSHAGENT_PUSH_STREAM__URL": "nowhere"], workingDirectory: "/tmp")
        #expect(try await process.finish() == .exited(1))
        let line = try await process.line(containing: "push_stream.url")
        #expect(line.stream == .standardError)
        #expect(process.lines.count == 1)
    }
}

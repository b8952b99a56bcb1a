import Foundation
import Glibc
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// The commands of docs/getting-started.md, word for word, with the ports that they name, in a network of their own.
    @Suite struct GettingStarted {
        let document: Markdown
        let home: TemporaryDirectory

        init() throws {
            self.document = try Markdown("docs/getting-started.md")
            self.home = try TemporaryDirectory()
        }

        /// What is built already is not built again: see ``EndToEnd/MakeRun``.
        private var environment: [String: String] {
            [
                "XDG_DATA_HOME": self.home.path, "SWIFT_BUILD_FLAGS": "--ignore-lock",
                "SCRATCH": URL(fileURLWithPath: Repository.binaries).deletingLastPathComponent().path,
            ]
        }

        @Test func `one program`() async throws {
            let commands = try self.document.commands(of: "One program")
            try #require(commands.map { $0.prefix(7) } == ["make ru", "curl -N", "curl -u"])
            _ = try Repository.binary("push-service")
            try await IsolatedShell.with(environment: self.environment) { shell in
                let service = try shell.start(commands[0])
                try await service.line(containing: "Push Service is running", within: .seconds(300))
                let subscriber = try shell.start(commands[1])
                // The channel has its subscriber when its statistics say so.
                let socket = Endpoint.unixSocket("\(self.home.path)/push-service/push-stream.sock")
                try await eventually("curl subscribes") {
                    let connection = try await HTTPConnection(to: socket)
                    let response = try await connection.response(to: HTTPRequest("GET", "/channels-stats?id=demo"))
                    return try response.status == 200 && response.json(ChannelStatistics.self).subscribers == 1
                }
                let published = try await shell.run(commands[2])
                #expect(published.status == .exited(0), "\(published.text)")
                let line = try await subscriber.line { $0.text.hasPrefix("data:") }
                #expect(try PushMessage(json: String(line.text.dropFirst("data:".count))).content == "Hello")
                shell.interrupt(service)
                try await service.exit(within: .seconds(120))
            }
        }

        @Test func `two applications to look at`() async throws {
            let commands = try self.document.commands(of: "Two applications to look at")
            try #require(commands.map { $0.prefix(9) } == ["make demo"])
            for program in ["push-service", "push-stream", "push-service-demo-app"] { _ = try Repository.binary(program) }
            try await IsolatedShell.with(environment: self.environment) { shell in
                let demo = try shell.start(commands[0])
                try await demo.line(containing: "Articles that update live: http://localhost:8888", within: .seconds(300))
                try await demo.line(containing: "Every transport side by side: http://localhost:8889")
                let page = try await shell.run("curl -fsS http://localhost:8889/")
                #expect(page.text.contains("<title>"), "\(page.text)")
                // What an article's writer does reaches whoever listens.
                let subscriber = try shell.start("curl -N http://localhost:9080/ev/articles")
                let socket = Endpoint.unixSocket("\(self.home.path)/push-service/push-stream.sock")
                try await eventually("curl subscribes") {
                    let connection = try await HTTPConnection(to: socket)
                    let response = try await connection.response(to: HTTPRequest("GET", "/channels-stats?id=articles"))
                    return try response.status == 200 && response.json(ChannelStatistics.self).subscribers == 1
                }
                let body = "{\"title\":\"By curl\",\"text\":\"x\"}"
                let written = try await shell.run(
                    "curl -fsS -H 'Content-Type: application/json' -d '\(body)' http://localhost:8888/api/articles")
                #expect(written.status == .exited(0), "\(written.text)")
                let line = try await subscriber.line {
                    $0.text.hasPrefix("data:") && $0.text.contains("By%20curl") || $0.text.contains("By curl")
                }
                #expect(!line.text.isEmpty)
                shell.interrupt(demo)
                try await demo.exit(within: .seconds(120))
            }
        }

        @Test func `pushaas on this machine`() async throws {
            let commands = try self.document.commands(of: "PushaaS on this machine")
            try #require(commands.map { $0.prefix(7) } == ["make ru", "curl -u", "curl -f", "curl -u"])
            _ = try Repository.binary("pushaas")
            try await IsolatedShell.with(environment: self.environment) { shell in
                let pushaas = try shell.start(commands[0])
                try await pushaas.line(containing: "listening", within: .seconds(300))
                let created = try await shell.run(commands[1])
                #expect(created.status == .exited(0), "\(created.text)")
                let bound = try await shell.run(commands[2])
                for variable in ["PUSHAAS_ENDPOINT", "PUSHAAS_USERNAME", "PUSHAAS_PASSWORD"] {
                    #expect(bound.text.contains("\"\(variable)\""), "\(bound.text)")
                }
                let data = "\(self.home.path)/pushaas/instances"
                #expect(!ProcessTable.processes(withCommandContaining: data).isEmpty)
                let removed = try await shell.run(commands[3])
                #expect(removed.status == .exited(0), "\(removed.text)")
                try await eventually(within: .seconds(120), "the instance's processes end") {
                    ProcessTable.processes(withCommandContaining: data).isEmpty
                }
                shell.interrupt(pushaas)
                try await pushaas.exit(within: .seconds(120))
            }
        }
    }
}

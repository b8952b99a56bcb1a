import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// The load client as operators use it: a program with options, an exit status and JSON.
    @Suite struct PushLoad {
        private struct Result: Decodable {
            var subscribers: Int
            var window: Int
            var deliveries: Int
            var publishes: Int
        }

        private static func run(_ arguments: [String]) async throws -> (status: PushTestSupport.ExitStatus, process: TestProcess)
        {
            let process = try TestProcess(try Repository.binary("push-load"), arguments: arguments)
            return (try await process.exit(within: .seconds(60)), process)
        }

        private static func addresses(_ deployment: Deployment) throws -> [String] {
            guard case .port(let stream) = deployment.stream, case .port(let control) = deployment.control else {
                throw Unreachable()
            }
            return ["--subscribe-address", "127.0.0.1:\(stream)", "--publish-address", "127.0.0.1:\(control)"]
        }

        private struct Unreachable: Error {}

        @Test(arguments: ["eventsource", "streaming", "websocket"], [1, 10])
        func `a fan-out delivers every message to every subscriber`(transport: String, window: Int) async throws {
            try await withDeployment(.fourProcesses) { deployment in
                let (status, process) = try await Self.run(
                    [
                        "fanout", "--transport", transport, "--subscribers", "10", "--window", "\(window)", "--messages", "100",
                        "--json",
                    ]
                        + Self.addresses(deployment))
                #expect(status == .exited(0))
                let line = try await process.line(containing: "{")
                let result = try JSONDecoder().decode(Result.self, from: Data(line.text.utf8))
                #expect(result.subscribers == 10)
                #expect(result.window == window)
                #expect(result.publishes == 100)
                #expect(result.deliveries == 1000)
            }
        }

        private struct Idle: Decodable {
            var subscribers: Int
            var residentBytesPerSubscriber: Double
        }

        @Test(arguments: ["eventsource", "streaming", "websocket", "longpolling"])
        func `idle subscribers are held and their memory is told`(transport: String) async throws {
            try await withDeployment(.fourProcesses) { deployment in
                let server = try #require(deployment.process(.pushStream)?.pid)
                let (status, process) = try await Self.run(
                    [
                        "idle", "--transport", transport, "--subscribers", "200", "--hold", "0.2", "--server-pid", "\(server)",
                        "--json",
                    ]
                        + Self.addresses(deployment))
                #expect(status == .exited(0))
                let line = try await process.line(containing: "{")
                let result = try JSONDecoder().decode(Idle.self, from: Data(line.text.utf8))
                #expect(result.subscribers == 200)
                // Fixed costs are spread over few subscribers here, so only the kind of figure is checked.
                #expect(result.residentBytesPerSubscriber < 100_000)
            }
        }

        @Test func `what cannot be measured is told in a sentence`() async throws {
            let port = try ServicePort.allocate()
            let (status, process) = try await Self.run(
                ["fanout", "--subscribers", "2", "--messages", "1", "--subscribe-address", "127.0.0.1:\(port)"])
            #expect(status != .exited(0))
            try await process.line(containing: "Connection refused")
            try await withDeployment(.fourProcesses) { deployment in
                let (status, process) = try await Self.run(
                    ["fanout", "--subscribers", "2", "--messages", "1", "--subscribe-path", "/nothing/{channel}"]
                        + Self.addresses(deployment))
                #expect(status != .exited(0))
                try await process.line(containing: "404")
            }
            let (misuse, help) = try await Self.run(["fanout", "--subscribers", "0"])
            #expect(misuse != .exited(0))
            try await help.line(containing: "--subscribers must be 1 to 1000000")
            let (unfit, reason) = try await Self.run(["fanout", "--transport", "longpolling"])
            #expect(unfit != .exited(0))
            try await reason.line(containing: "a long poll ends with its first message")
        }
    }
}

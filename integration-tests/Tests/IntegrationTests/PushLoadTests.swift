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
                #expect(status == .exited(0), "\(process.text)")
                let result = try JSONDecoder().decode(Result.self, from: Data(process.text.utf8))
                #expect(result.subscribers == 10)
                #expect(result.window == window)
                #expect(result.publishes == 100)
                #expect(result.deliveries == 1000)
            }
        }

        @Test func `what cannot be measured is told in a sentence`() async throws {
            let port = try ServicePort.allocate()
            let (status, process) = try await Self.run(
                ["fanout", "--subscribers", "2", "--messages", "1", "--subscribe-address", "127.0.0.1:\(port)"])
            #expect(status != .exited(0))
            #expect(process.text.contains("Connection refused"), "\(process.text)")
            try await withDeployment(.fourProcesses) { deployment in
                let (status, process) = try await Self.run(
                    ["fanout", "--subscribers", "2", "--messages", "1", "--subscribe-path", "/nothing/{channel}"]
                        + Self.addresses(deployment))
                #expect(status != .exited(0))
                #expect(process.text.contains("404"), "\(process.text)")
            }
            let (misuse, help) = try await Self.run(["fanout", "--subscribers", "0"])
            #expect(misuse != .exited(0))
            #expect(help.text.contains("--subscribers must be 1 to 1000000"))
        }
    }
}

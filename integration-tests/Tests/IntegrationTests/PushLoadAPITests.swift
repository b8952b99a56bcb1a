import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// The load client on the path that begins with push-api.
    @Suite struct PushLoadAPI {
        private static func run(
            _ command: String, _ deployment: Deployment, credentials: [String]? = nil, _ arguments: [String]
        ) async throws -> (status: PushTestSupport.ExitStatus, process: TestProcess) {
            guard case .port(let api) = deployment.api, case .port(let stream) = deployment.stream,
                case .port(let redis) = deployment.redis
            else { throw Unreachable() }
            let user = ["--user", "\(deployment.credentials.user):\(deployment.credentials.password)"]
            var all = [command, "--api-address", "127.0.0.1:\(api)", "--subscribe-address", "127.0.0.1:\(stream)", "--json"]
            if command == "delay" { all += ["--redis-address", "127.0.0.1:\(redis)"] }
            let process = try TestProcess(
                try Repository.binary("push-load"), arguments: all + (credentials ?? user) + arguments)
            return (try await process.exit(within: .seconds(240)), process)
        }

        private struct Unreachable: Error {}

        private struct Published: Decodable {
            var publishes: Int
            var messagesPerRequest: Int
            var messagesPerSecond: Double
            var deliveries: Int
            var deliveriesPerSecond: Double
        }

        @Test(arguments: [(1, 1, 0), (1, 1, 1), (5, 1, 1), (1, 100, 1), (3, 100, 1)])
        func `messages through push-api are answered and reach the subscriber`(connections: Int, batch: Int, subscribers: Int)
            async throws
        {
            try await withDeployment(.fourProcesses) { deployment in
                let (status, process) = try await Self.run(
                    "api", deployment,
                    [
                        "--connections", "\(connections)", "--batch", "\(batch)", "--subscribers", "\(subscribers)", "--messages",
                        "600",
                    ])
                #expect(status == .exited(0))
                let line = try await process.line(containing: "{")
                let result = try JSONDecoder().decode(Published.self, from: Data(line.text.utf8))
                #expect(result.publishes == 600 / batch && result.messagesPerRequest == batch)
                #expect(result.messagesPerSecond > 0)
                // All are received before it ends, or it fails; some of them may be so after the last answer.
                #expect(subscribers == 0 ? result.deliveries == 0 : (0...600).contains(result.deliveries))
                let accepted = try await deployment.acceptedMessages()
                #expect(accepted == 600)
            }
        }

        @Test func `credentials that push-api refuses are told`() async throws {
            try await withDeployment(.fourProcesses) { deployment in
                for credentials in [[], ["--user", "somebody:else"], ["--key", "none"]] {
                    let (status, process) = try await Self.run("api", deployment, credentials: credentials, ["--messages", "1"])
                    #expect(status != .exited(0))
                    try await process.line(containing: "401")
                }
            }
        }

        private struct Delay: Decodable {
            struct Latency: Decodable { var p50, p99, max: Double }
            var messages: Int
            var rate: Int
            var pathMilliseconds: Latency
            var publishSubscribeMilliseconds: Latency
            var ratioP50: Double
            var ratioP99: Double
        }

        /// How long it takes is for `make bench`.
        @Test func `the delay of both ways is told`() async throws {
            try await withDeployment(.fourProcesses) { deployment in
                let (status, process) = try await Self.run(
                    "delay", deployment, ["--rate", "500", "--duration", "1", "--warm-up", "0"])
                #expect(status == .exited(0))
                let line = try await process.line(containing: "{")
                let result = try JSONDecoder().decode(Delay.self, from: Data(line.text.utf8))
                #expect(result.messages > 0 && result.rate == 500)
                for delay in [result.pathMilliseconds, result.publishSubscribeMilliseconds] {
                    #expect(delay.p50 > 0 && delay.p50 <= delay.p99 && delay.p99 <= delay.max)
                }
                #expect(abs(result.ratioP50 - result.pathMilliseconds.p50 / result.publishSubscribeMilliseconds.p50) < 0.001)
                #expect(abs(result.ratioP99 - result.pathMilliseconds.p99 / result.publishSubscribeMilliseconds.p99) < 0.001)
                let accepted = try await deployment.acceptedMessages()
                #expect(accepted == result.messages)
            }
        }
    }
}

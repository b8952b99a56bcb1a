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
            return (try await process.exit(within: .seconds(240)), process)
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

        private struct Published: Decodable {
            var publishes: Int
            var deliveries: Int
            var publishesPerSecond: Double
            var answerMilliseconds: Delay
            struct Delay: Decodable { var p50: Double }
        }

        @Test(arguments: [(1, 1, 0), (3, 7, 0), (1, 1, 1), (3, 7, 1)])
        func `every publish is answered and reaches the subscriber`(connections: Int, pipeline: Int, subscribers: Int)
            async throws
        {
            try await withDeployment(.fourProcesses) { deployment in
                let accepted = try await Self.publishedMessages(deployment)
                let (status, process) = try await Self.run(
                    [
                        "publish", "--connections", "\(connections)", "--pipeline", "\(pipeline)", "--subscribers",
                        "\(subscribers)", "--messages", "1000", "--json",
                    ] + Self.addresses(deployment))
                #expect(status == .exited(0))
                let line = try await process.line(containing: "{")
                let result = try JSONDecoder().decode(Published.self, from: Data(line.text.utf8))
                #expect(result.publishes == 1000)
                // The last answer and the last delivery have no order.
                #expect(subscribers == 0 ? result.deliveries == 0 : result.deliveries > 0)
                #expect(result.publishesPerSecond > 0 && result.answerMilliseconds.p50 > 0)
                #expect(try await Self.publishedMessages(deployment) - accepted == 1000)
            }
        }

        private struct Summary: Decodable {
            enum CodingKeys: String, CodingKey { case publishedMessages = "published_messages" }
            var publishedMessages: Int
        }

        private static func publishedMessages(_ deployment: Deployment) async throws -> Int {
            let connection = try await HTTPConnection(to: deployment.control)
            defer { connection.close() }
            let response = try await connection.response(to: HTTPRequest("GET", "/channels-stats"))
            return try JSONDecoder().decode(Summary.self, from: Data(response.body)).publishedMessages
        }

        private struct Connected: Decodable {
            var connections: Int
            var connectionsPerSecond: Double
        }

        @Test(arguments: ["eventsource", "streaming", "websocket"])
        func `subscribers are opened and their rate is told`(transport: String) async throws {
            try await withDeployment(.fourProcesses) { deployment in
                let (status, process) = try await Self.run(
                    ["connect", "--transport", transport, "--connections", "500", "--concurrency", "20", "--json"]
                        + Self.addresses(deployment))
                #expect(status == .exited(0))
                let line = try await process.line(containing: "{")
                let result = try JSONDecoder().decode(Connected.self, from: Data(line.text.utf8))
                #expect(result.connections == 500 && result.connectionsPerSecond > 0)
            }
        }

        private struct Slow: Decodable {
            var healthy: Int
            var slow: Int
            var slowClosed: Int
            var medianRatio: Double
        }

        /// The healthy ones get everything, which the client verifies; how fast is for `make bench`.
        @Test(arguments: ["eventsource", "websocket"])
        func `subscribers that do not read are closed beside healthy ones`(transport: String) async throws {
            var options = DeploymentOptions()
            options.nginxReplacements = [("push_stream_subscriber_queue_size 1m;", "push_stream_subscriber_queue_size 100k;")]
            try await withDeployment(.fourProcesses, options: options) { deployment in
                let (status, process) = try await Self.run(
                    [
                        "slow", "--transport", transport, "--slow", "50", "--healthy", "50", "--messages", "200", "--size",
                        "20000",
                        "--json",
                    ] + Self.addresses(deployment))
                #expect(status == .exited(0))
                let line = try await process.line(containing: "{")
                let result = try JSONDecoder().decode(Slow.self, from: Data(line.text.utf8))
                #expect(result.healthy == 50 && result.slow == 50 && result.slowClosed == 50)
                #expect(result.medianRatio > 0)
                let connection = try await HTTPConnection(to: deployment.control)
                defer { connection.close() }
                let metrics = try await connection.response(to: HTTPRequest("GET", "/metrics"))
                let text = String(decoding: metrics.body, as: UTF8.self)
                #expect(text.contains("push_stream_subscribers_disconnected_total{reason=\"slow\"} 50\n"))
            }
        }

        @Test func `long work tells how far it is`() async throws {
            try await withDeployment(.fourProcesses) { deployment in
                let (status, process) = try await Self.run(
                    ["fanout", "--subscribers", "5", "--duration", "3", "--json"] + Self.addresses(deployment))
                #expect(status == .exited(0))
                let line = try await process.line(containing: " deliveries")
                #expect(line.stream == .standardError)
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
            for (arguments, sentence) in [
                (["publish", "--subscribers", "2"], "--subscribers must be 0 or 1"),
                (["publish", "--pipeline", "0"], "--pipeline must be 1 to 10000"),
                (["publish", "--connections", "0"], "--connections must be 1 to 1000000"),
                (["connect", "--concurrency", "0"], "--concurrency must be 1 to 4096"),
                (["connect", "--transport", "longpolling"], "a long poll has no head before its message"),
                (["slow", "--slow", "0"], "--slow must be 1 to 1000000"),
                (["slow", "--size", "9"], "--size must be 10 to 1000000"),
                (["idle", "--base=-1"], "--base must be 0 to 1000000"),
                (["api", "--batch", "1001"], "--batch must be 1 to 1000"),
                (["api", "--messages", "150", "--batch", "100"], "--messages must be a multiple of --batch"),
                (["api", "--user", "nobody"], "--user must be NAME:PASSWORD"),
                (["api", "--user", "a:b", "--key", "c"], "--user and --key exclude each other"),
                (["api", "--size", "32769"], "--size must be 10 to 32768"),
                (["delay", "--rate", "0"], "--rate must be 1 to 100000"),
            ] {
                let (status, process) = try await Self.run(arguments)
                #expect(status != .exited(0))
                try await process.line(containing: sentence)
            }
            for command in ["fanout", "publish", "connect", "idle", "slow", "api", "delay"] {
                let (status, process) = try await Self.run([command, "--help"])
                #expect(status == .exited(0))
                try await process.line(containing: "USAGE: push-load \(command)")
            }
            let (unfit, reason) = try await Self.run(["fanout", "--transport", "longpolling"])
            #expect(unfit != .exited(0))
            try await reason.line(containing: "a long poll ends with its first message")
        }
    }
}

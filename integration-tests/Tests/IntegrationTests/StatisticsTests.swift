import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// What push-api reports of push-stream.
    @Suite struct Statistics {
        private struct Report: Decodable {
            struct Aggregated: Decodable {
                var subscribers: Int
                var time: String?
            }

            struct Entry: Decodable {
                var hostname: String
                var agent: String
                var subscribers: Int
                var channel: String?
                var channels: Int?
            }

            var aggregated: Aggregated
            var all: [Entry]
        }

        @Test(arguments: DeploymentKind.allCases)
        func `subscribers are counted`(kind: DeploymentKind) async throws {
            var options = DeploymentOptions()
            options.environment = ["PUSHSERVICE_WORKERS__STATS__INTERVAL": "200ms"]
            try await withDeployment(kind, options: options) { deployment in
                let channel = uniqueChannel("counted")
                let subscribers = [
                    try await deployment.eventSource(channel), try await deployment.eventSource(channel),
                    try await deployment.eventSource("\(channel)/\(uniqueChannel("other"))"),
                ]
                let publisher = deployment.publisher()
                let path = "/api/v1/stats/channels/\(channel)"
                try await eventually(within: .seconds(120), "statistics of the channel") {
                    let response = try await publisher.send("GET", path)
                    guard response.status == 200 else { return false }
                    return try response.json(Report.self).aggregated.subscribers == 3
                }
                let ofChannel: Report = try await publisher.send("GET", path).json()
                #expect(ofChannel.all.count == 1)
                #expect(ofChannel.all.first?.subscribers == 3)
                #expect(ofChannel.all.first?.channel == channel)
                #expect(
                    ofChannel.all.first?.hostname == ProcessInfo.processInfo.hostName.split(separator: ".").first.map(String.init)
                        || ofChannel.all.first?.hostname == ProcessInfo.processInfo.hostName)
                #expect(ofChannel.all.first?.agent.isEmpty == false)
                if let name = deployment.agentName { #expect(ofChannel.all.first?.agent == name) }

                let global: Report = try await publisher.send("GET", "/api/v1/stats/global").json()
                #expect(global.aggregated.subscribers == 3)
                #expect(global.aggregated.time?.isEmpty == false)
                #expect(global.all.map(\.subscribers) == [3])
                #expect(global.all.first?.agent == ofChannel.all.first?.agent)
                #expect(global.all.first?.channels == 2)

                for subscriber in subscribers { subscriber.close() }
                try await eventually(within: .seconds(120), "statistics without subscribers") {
                    let response = try await publisher.send("GET", "/api/v1/stats/global")
                    return try response.json(Report.self).aggregated.subscribers == 0
                }
                #expect(try await publisher.send("GET", "/api/v1/stats/channels/\(uniqueChannel("none"))").status == 404)
            }
        }

        private struct History: Decodable {
            struct Slot: Decodable {
                var time: Int
                var subscribers: Int?
                var messages: Int?
            }

            var resolution: Int
            var total: [Slot]

            /// Messages of the slots whose number is known.
            var messages: Int { self.total.compactMap(\.messages).reduce(0, +) }
        }

        private struct Status: Decodable {
            var agent: String
            var position: String?
            var lagMessages: Int?
            var lagSeconds: Double
        }

        private struct Top: Decodable {
            struct Channel: Decodable, Equatable {
                var channel: String
                var subscribers: Int
            }

            var channels: [Channel]
        }

        /// What a push-stream that was killed had lost is given to it again; the history counts it once.
        @Test func `the history outlives a push-stream`() async throws {
            var options = DeploymentOptions()
            options.environment = ["PUSHAGENT_WORKERS__STATS__SAMPLE_INTERVAL": "100ms"]
            try await withDeployment(.fourProcesses, options: options) { deployment in
                let publisher = deployment.publisher()
                let channel = uniqueChannel("history")
                let subscriber = try await deployment.eventSource(channel)
                func history() async throws -> History { try await publisher.send("GET", "/api/v1/stats/history").json() }

                try await publisher.publish("before", to: [channel])
                try await eventually("the first slot") { try await !history().total.isEmpty }
                // The messages of the first slot are not known: how many came before it is not.
                let first = try #require(try await history().total.first)
                #expect(first.messages == nil)
                try await eventually(within: .seconds(120), "the second slot") { try await history().total.count >= 2 }
                for content in ["1", "2", "3"] { try await publisher.publish(content, to: [channel]) }
                try await eventually("three messages") { try await history().messages == 3 }
                let whole = try await history()
                #expect(whole.resolution == 10)
                #expect(whole.total.last?.subscribers == 1)
                #expect(zip(whole.total, whole.total.dropFirst()).allSatisfy { $1.time - $0.time == 10 })
                let top: Top = try await publisher.send("GET", "/api/v1/stats/top").json()
                #expect(top.channels == [.init(channel: channel, subscribers: 1)])

                let count = whole.total.count
                try await eventually(within: .seconds(120), "the next slot") { try await history().total.count > count }
                try await deployment.kill(.pushStream)
                let id = try await publisher.publish("while it is away", to: [channel])
                try await eventually("the lag") {
                    let agents: [Status] = try await publisher.send("GET", "/api/v1/stats/agents").json()
                    return agents.first?.lagMessages == 1
                }
                try await deployment.start()
                try await eventually("the message that waited") {
                    try await deployment.statistics(of: channel)?.publishedMessages == 5
                }
                try await eventually("its count, without what was replayed") { try await history().messages == 4 }
                var agents: [Status] = []
                try await eventually("the agent's position") {
                    agents = try await publisher.send("GET", "/api/v1/stats/agents").json()
                    return agents.map(\.position) == [id.first] && agents.map(\.lagMessages) == [0]
                }
                #expect(agents.map(\.agent) == [deployment.agentName])
                #expect(agents.map(\.lagSeconds) == [0])
                subscriber.close()
            }
        }

        private struct Page: Decodable {
            struct Channel: Decodable {
                var id: String
            }

            var channels: [Channel]
            var cursor: String?
            var total: Int
        }

        /// Reports how long pages and statistics take with 100,000 channels: figures, not assertions.
        @Test func `a hundred thousand channels are listed page by page`() async throws {
            var options = DeploymentOptions()
            // Nobody looks through all of them meanwhile.
            options.environment = ["PUSHAPI_WORKERS__ENABLED": "false"]
            try await withDeployment(.fourProcesses, options: options) { deployment in
                let publisher = deployment.publisher()
                let agent = try #require(deployment.agentName)
                try await eventually("a report") { try await publisher.send("GET", "/api/v1/stats/global").status == 200 }
                try await deployment.fillChannels(100_000, agent: agent)
                let first: Page = try await publisher.send("GET", "/api/v1/channels?limit=100").json()
                #expect(first.total == 100_000)
                #expect(first.channels.map(\.id) == (1...100).map { "many-\($0)" })
                let cursor = try #require(first.cursor)
                let second: Page = try await publisher.send("GET", "/api/v1/channels?limit=100&cursor=\(cursor)").json()
                #expect(second.channels.map(\.id) == (101...200).map { "many-\($0)" })
                let clock = ContinuousClock()
                for path in [
                    "channels?limit=100", "channels?limit=100&cursor=\(cursor)", "channels?limit=100&search=9999", "stats/global",
                    "stats/history", "stats/top", "stats/agents", "stats/channels/many-50000",
                ] {
                    var times: [Duration] = []
                    for _ in 0..<50 {
                        let start = clock.now
                        #expect(try await publisher.send("GET", "/api/v1/\(path)").status == 200)
                        times.append(start.duration(to: clock.now))
                    }
                    times.sort()
                    let name = path.replacing(cursor, with: "...")
                    print("measured: GET \(name) with 100,000 channels: p50 \(times[25]), slowest of 50 \(times[49])")
                }
            }
        }
    }
}

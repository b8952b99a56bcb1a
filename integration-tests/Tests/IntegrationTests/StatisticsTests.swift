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
                try await eventually(within: .seconds(75), "statistics of the channel") {
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
                try await eventually(within: .seconds(75), "statistics without subscribers") {
                    let response = try await publisher.send("GET", "/api/v1/stats/global")
                    return try response.json(Report.self).aggregated.subscribers == 0
                }
                #expect(try await publisher.send("GET", "/api/v1/stats/channels/\(uniqueChannel("none"))").status == 404)
            }
        }
    }
}

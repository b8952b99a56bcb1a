import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// Channels that exist although nothing was published on them.
    @Suite struct PersistentChannels {
        private struct Record: Decodable {
            var id: String
            var ttl: Int
            var created: String
        }

        @Test func `a persistent channel exists on push-stream for its time and again after a restart`() async throws {
            var options = DeploymentOptions()
            // push-stream forgets an unused channel after this time; the shipped configuration takes longer.
            options.nginxReplacements = [try Self.shorterInactivity()]
            try await withDeployment(.fourProcesses, options: options) { deployment in
                let publisher = deployment.publisher()
                let (lasting, brief) = (uniqueChannel("lasting"), uniqueChannel("brief"))
                #expect(try await deployment.statistics(of: lasting) == nil)
                #expect(
                    try await publisher.send("POST", "/api/v1/channels", json: #"{"id":"\#(lasting)","ttl":0}"#).status == 201)
                #expect(try await publisher.send("POST", "/api/v1/channels", json: #"{"id":"\#(brief)","ttl":15}"#).status == 201)
                let empty = ChannelStatistics(channel: lasting, publishedMessages: 0, storedMessages: 0, subscribers: 0)
                try await eventually("both channels exist") {
                    let ofBrief = try await deployment.statistics(of: brief)
                    return try await deployment.statistics(of: lasting) == empty && ofBrief != nil
                }

                // The list is in the order of creation, and one can be asked for.
                let list: [Record] = try await publisher.send("GET", "/api/v1/channels").json()
                #expect(list.map(\.id) == [lasting, brief])
                let record: Record = try await publisher.send("GET", "/api/v1/channels/\(brief)").json()
                #expect(record.ttl == 15)

                try await deployment.kill(.pushStream)
                try await deployment.start()
                try await eventually("the channel exists again") { try await deployment.statistics(of: lasting) == empty }

                // It outlives the time after which push-stream forgets a channel, and what keeps it is no message.
                try await eventually(within: .seconds(120), "the brief channel has expired") {
                    try await deployment.statistics(of: brief) == nil
                }
                #expect(try await publisher.send("GET", "/api/v1/channels/\(brief)").status == 404)
                #expect(try await deployment.statistics(of: lasting) == empty)
                let subscribers: [any Subscriber] = [
                    try await deployment.eventSource("\(lasting).b5"),
                    try await StreamingClient(deployment.stream, channels: lasting),
                    try await WebSocketClient(deployment.stream, channels: "\(lasting).b5"),
                ]
                let eventID = try await publisher.publish("first", to: lasting)
                for subscriber in subscribers {
                    let message = try await subscriber.next()
                    #expect(message.eventID == eventID)
                    #expect(message.id == 1)
                }

                #expect(try await publisher.send("DELETE", "/api/v1/channels/\(lasting)").status == 204)
                #expect(try await publisher.send("GET", "/api/v1/channels/\(lasting)").status == 404)
                for subscriber in subscribers { subscriber.close() }
            }
        }

        @Test func `push-service makes a persistent channel at once and keeps it over a restart`() async throws {
            try await withDeployment(.singleBinary) { deployment in
                let channel = uniqueChannel("kept")
                let created = try await deployment.publisher().send(
                    "POST", "/api/v1/channels", json: #"{"id":"\#(channel)","ttl":0}"#)
                #expect(created.status == 201)
                let empty = ChannelStatistics(channel: channel, publishedMessages: 0, storedMessages: 0, subscribers: 0)
                try await eventually("the channel exists") { try await deployment.statistics(of: channel) == empty }
                try await deployment.terminate(.pushService)
                try await deployment.start()
                try await eventually("the channel exists again") { try await deployment.statistics(of: channel) == empty }
            }
        }

        /// Replaces the inactivity time of the shipped nginx.conf, or adds one.
        private static func shorterInactivity() throws -> (text: String, replacement: String) {
            let text = try Repository.text(of: "push-stream/nginx.conf")
            let directive = "push_stream_channel_inactivity_time 5s;"
            if let match = text.firstMatch(of: /push_stream_channel_inactivity_time\s[^;]*;/) {
                return (String(match.0), directive)
            }
            let store = try #require(text.firstMatch(of: /push_stream_shared_memory_size\s[^;]*;/))
            return (String(store.0), "\(store.0) \(directive)")
        }
    }
}

import Foundation
import IntegrationSupport
import Testing

extension EndToEnd {
    /// Order and completeness under concurrent publishers.
    @Suite struct Order {
        static let channelCount = 20
        static let messagesPerChannel = 200
        static let publisherCount = 8

        /// `publisher:number`, where the number counts that publisher's messages of that channel.
        struct Label: Hashable {
            let publisher: Int
            let number: Int

            init?(_ text: String?) {
                let parts = (text ?? "").split(separator: ":").compactMap { Int($0) }
                guard parts.count == 2 else { return nil }
                self.publisher = parts[0]
                self.number = parts[1]
            }
        }

        @Test(arguments: DeploymentKind.allCases)
        func `every subscriber receives every message once and in order`(kind: DeploymentKind) async throws {
            try await withDeployment(kind) { deployment in
                let prefix = uniqueChannel("order")
                let channels = (0..<Self.channelCount).map { "\(prefix)-\($0)" }
                let each = Self.messagesPerChannel / Self.publisherCount

                // Three transports on each channel, and one subscriber of all of them.
                var subscribers: [(expected: Int, subscriber: any Subscriber)] = []
                for channel in channels {
                    subscribers.append((Self.messagesPerChannel, try await deployment.eventSource(channel)))
                    subscribers.append((Self.messagesPerChannel, try await WebSocketClient(deployment.stream, channels: channel)))
                    subscribers.append((Self.messagesPerChannel, try await StreamingClient(deployment.stream, channels: channel)))
                }
                let all = try await deployment.eventSource(channels.joined(separator: "/"))
                subscribers.append((Self.messagesPerChannel * Self.channelCount, all))
                for channel in channels { try await deployment.awaitSubscribers(4, of: channel) }

                let start = ContinuousClock.now
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<Self.publisherCount {
                        let publisher = deployment.publisher()
                        group.addTask {
                            for number in 0..<each {
                                // Each publisher goes round the channels from another one.
                                for turn in 0..<channels.count {
                                    let channel = channels[(turn + index) % channels.count]
                                    try await publisher.publish("\(index):\(number)", to: channel)
                                }
                            }
                        }
                    }
                    for (expected, subscriber) in subscribers {
                        group.addTask {
                            Self.check(try await subscriber.next(expected, within: .seconds(120)), channels: channels, each: each)
                        }
                    }
                    try await group.waitForAll()
                }
                let seconds = start.duration(to: .now) / .seconds(1)
                let count = Self.channelCount * Self.messagesPerChannel
                print(
                    "measured: \(count) messages by \(Self.publisherCount) publishers to \(subscribers.count) subscribers (\(kind)):",
                    "\(Int(Double(count) / seconds)) messages/s")
                // None came twice: the next message of every subscriber is the marker.
                let publisher = deployment.publisher()
                for channel in channels { try await publisher.publish("marker", to: channel) }
                for (_, subscriber) in subscribers { #expect(try await subscriber.next().content == "marker") }
            }
        }

        /// Each publisher's messages of each channel are there, each once, in the order in which they were acknowledged.
        private static func check(_ messages: [PushMessage], channels: [String], each: Int) {
            for (channel, received) in Dictionary(grouping: messages, by: \.channel) {
                #expect(channels.contains(channel))
                #expect(received.map(\.id) == Array(1...Self.messagesPerChannel), "ids of \(channel)")
                #expect(Set(received.map(\.eventID)).count == received.count, "event ids of \(channel)")
                let labels = received.compactMap { Label($0.content) }
                for publisher in 0..<Self.publisherCount {
                    let numbers = labels.filter { $0.publisher == publisher }.map(\.number)
                    #expect(numbers == Array(0..<each), "publisher \(publisher) on \(channel)")
                }
            }
        }

        /// A poller keeps only a history of 20 messages behind, so that its publisher waits for it.
        @Test(arguments: DeploymentKind.allCases, [PollingClient.Mode.longPolling, .polling])
        func `a poller receives every message once and in order`(kind: DeploymentKind, mode: PollingClient.Mode) async throws {
            try await withDeployment(kind) { deployment in
                let channel = uniqueChannel("poll")
                let publisher = deployment.publisher()
                let live = try await deployment.eventSource(channel)
                try await publisher.publish("start", to: channel)
                let poller = PollingClient(
                    deployment.stream, channels: channel, mode: mode, from: PollPosition(try await live.next()))
                for batch in 0..<20 {
                    let contents = (0..<10).map { "\(batch):\($0)" }
                    async let received = poller.next(10)
                    for content in contents { try await publisher.publish(content, to: channel) }
                    #expect(try await received.map(\.content) == contents)
                }
            }
        }
    }
}

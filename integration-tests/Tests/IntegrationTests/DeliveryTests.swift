import Foundation
import IntegrationSupport
import Testing

extension EndToEnd {
    /// What a message is when it arrives, on each way to receive it.
    @Suite struct Delivery {
        @Test(arguments: DeploymentKind.allCases)
        func `one publish reaches a subscriber on each transport`(kind: DeploymentKind) async throws {
            try await withDeployment(kind) { deployment in
                let channel = uniqueChannel("each")
                let publisher = deployment.publisher()
                let eventSource = try await deployment.eventSource(channel)
                let streaming = try await StreamingClient(deployment.stream, channels: channel)
                let webSocket = try await WebSocketClient(deployment.stream, channels: channel)
                let longPolling = PollingClient(deployment.stream, channels: channel)
                async let polled = longPolling.next()
                async let scripted = JSONPClient.messages(deployment.stream, channels: channel)
                try await deployment.awaitSubscribers(5, of: channel)

                let before = Date(timeIntervalSinceNow: -1)
                let eventID = try await publisher.publish(awkwardContent, to: channel)
                let message = try await eventSource.next()
                #expect(message.channel == channel)
                #expect(message.id == 1)
                #expect(message.tag == "1")
                #expect(message.eventID == eventID)
                #expect(message.content == awkwardContent)
                let time = try #require(httpDate(message.time), "not an HTTP date: \(message.time)")
                #expect(time >= before.addingTimeInterval(-1) && time <= Date(timeIntervalSinceNow: 1))

                #expect(try await streaming.next() == message)
                #expect(try await webSocket.next() == message)
                #expect(try await polled == message)
                #expect(try await scripted == [message])
                let position = await longPolling.position
                #expect(position?.lastModified == message.time)
                // A weak entity tag, as of the module.
                #expect(position?.etag == message.tag || position?.etag == "W/\(message.tag)")

                // A polling client that stands at the first message gets the second one, and then that there is nothing.
                let polling = PollingClient(deployment.stream, channels: channel, mode: .polling, from: PollPosition(message))
                #expect(try await polling.poll().status == 304)
                try await publisher.publish("second", to: channel)
                let second = try await eventSource.next()
                #expect(second.id == 2)
                #expect(try await polling.messages() == [second])
                #expect(try await polling.poll().status == 304)
                // So does a long poll, and a script, from the same position.
                let late = PollingClient(deployment.stream, channels: channel, from: PollPosition(message))
                #expect(try await late.messages() == [second])
                #expect(
                    try await JSONPClient.messages(deployment.stream, channels: channel, from: PollPosition(message)) == [second])
            }
        }

        @Test(arguments: DeploymentKind.allCases)
        func `one publish to several channels has an event id for each`(kind: DeploymentKind) async throws {
            try await withDeployment(kind) { deployment in
                let channels = [uniqueChannel("one"), uniqueChannel("two"), uniqueChannel("three")]
                let both = try await deployment.eventSource(channels.prefix(2).joined(separator: "/"))
                let third = try await deployment.eventSource(channels[2])
                let publisher = deployment.publisher()
                let ids = try await publisher.publish("to all", to: channels)
                let received = try await both.next(2)
                #expect(received.map(\.channel) == Array(channels.prefix(2)))
                #expect(received.map(\.eventID) == Array(ids.prefix(2)))
                #expect(received.map(\.content) == ["to all", "to all"])
                #expect(try await third.next().eventID == ids[2])
                #expect(Set(ids).count == 3)

                // Both channels, in the order of publication, and nothing of the third.
                try await publisher.publish("b", to: channels[1])
                try await publisher.publish("c", to: channels[2])
                try await publisher.publish("a", to: channels[0])
                #expect(try await both.next(2).map(\.content) == ["b", "a"])
            }
        }

        @Test(arguments: DeploymentKind.allCases)
        func `a backtrack of five gives the last five`(kind: DeploymentKind) async throws {
            try await withDeployment(kind) { deployment in
                let channel = uniqueChannel("backtrack")
                let live = try await deployment.eventSource(channel)
                let publisher = deployment.publisher()
                for number in 1...8 { try await publisher.publish("\(number)", to: channel) }
                #expect(try await live.next(8).map(\.content) == (1...8).map(String.init))

                let back = "\(channel).b5"
                let subscribers: [any Subscriber] = [
                    try await deployment.eventSource(back),
                    try await StreamingClient(deployment.stream, channels: back),
                    try await WebSocketClient(deployment.stream, channels: back),
                ]
                for subscriber in subscribers {
                    #expect(try await subscriber.next(5).map(\.id) == [4, 5, 6, 7, 8])
                }
                #expect(try await PollingClient(deployment.stream, channels: back).messages().map(\.id) == [4, 5, 6, 7, 8])
                // Without a backtrack there are none, and after one the live messages follow.
                let fresh = try await deployment.eventSource(channel)
                try await publisher.publish("9", to: channel)
                #expect(try await fresh.next().id == 9)
                for subscriber in subscribers { #expect(try await subscriber.next().id == 9) }
            }
        }

        @Test(arguments: DeploymentKind.allCases)
        func `a reconnect with the last event id gets exactly what it missed`(kind: DeploymentKind) async throws {
            try await withDeployment(kind) { deployment in
                let (first, second) = (uniqueChannel("first"), uniqueChannel("second"))
                let both = "\(first)/\(second)"
                let witness = try await deployment.eventSource(both)
                let publisher = deployment.publisher()
                var eventIDs: [String] = []
                for number in 0..<12 {
                    eventIDs.append(try await publisher.publish("\(number)", to: number.isMultiple(of: 3) ? second : first))
                }
                #expect(try await witness.next(12).map(\.eventID) == eventIDs)

                var waiting: [any Subscriber] = []
                for seen in [0, 3, 4, 10, 11] {
                    let missed = (seen + 1..<12).map(String.init)
                    let position = "qs=on&eventid=\(eventIDs[seen])"
                    let subscribers: [any Subscriber] = [
                        try await deployment.eventSource(both, lastEventID: eventIDs[seen]),
                        try await deployment.eventSource("\(both)?\(position)"),
                        try await StreamingClient(deployment.stream, channels: "\(both)?\(position)"),
                        try await WebSocketClient(deployment.stream, channels: "\(both)?\(position)"),
                    ]
                    for subscriber in subscribers {
                        #expect(try await subscriber.next(missed.count).map(\.content) == missed, "since \(seen)")
                    }
                    // An event of the other channel still tells how far a subscriber of one channel was.
                    let one = try await deployment.eventSource(first, lastEventID: eventIDs[seen])
                    let ofFirst = missed.filter { Int($0)?.isMultiple(of: 3) == false }
                    #expect(try await one.next(ofFirst.count).map(\.content) == ofFirst, "since \(seen)")
                    waiting += subscribers + [one]
                }
                // What comes next shows that nothing else had come.
                try await publisher.publish("marker", to: first)
                for subscriber in waiting { #expect(try await subscriber.next().content == "marker") }
            }
        }

        @Test(arguments: DeploymentKind.allCases)
        func `time and tag in the query continue where they stand`(kind: DeploymentKind) async throws {
            try await withDeployment(kind) { deployment in
                let channel = uniqueChannel("query")
                let live = try await deployment.eventSource(channel)
                let publisher = deployment.publisher()
                for number in 1...6 { try await publisher.publish("\(number)", to: channel) }
                let messages = try await live.next(6)
                let position = "\(channel)?qs=on&\(PollPosition(messages[2]).query)"
                #expect(try await deployment.eventSource(position).next(3) == Array(messages[3...]))
                #expect(try await PollingClient(deployment.stream, channels: position).messages() == Array(messages[3...]))
                #expect(try await JSONPClient.messages(deployment.stream, channels: position) == Array(messages[3...]))
            }
        }
    }
}

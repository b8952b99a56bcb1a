import Foundation
import IntegrationSupport
import PushTestSupport
import Synchronization
import Testing

extension EndToEnd {
    /// Any single process is killed and started again while messages flow.
    ///
    /// Redis writes a command to its append-only file before it answers, so a redis-server that is killed loses nothing that
    /// was acknowledged; `everysec` risks the last second only when the machine itself goes down. (Redis defers that write
    /// while a flush takes long; the agent, which reads the stream at once, then has the message already.)
    @Suite struct Faults {
        static let channelCount = 4
        /// Acknowledged messages for each channel.
        static let messagesPerChannel = 150
        /// How far a publisher may be ahead of its subscriber: less than the 20 messages of push-stream's history.
        static let window = 12

        /// What one publisher knows.
        struct Ledger: Sendable {
            /// Content and event id of each message, in the order in which they were acknowledged.
            var acknowledged: [(content: String, eventID: String)] = []
            /// Messages whose publisher got an error: they may have come or not.
            var uncertain: Set<String> = []
        }

        @Test(arguments: [Component.pushAgent, .pushStream, .redis, .pushAPI])
        func `nothing acknowledged is lost or reordered`(killing component: Component) async throws {
            try await withDeployment(.fourProcesses) { deployment in
                try await Self.exercise(deployment, killing: component)
            }
        }

        @Test func `nothing acknowledged is lost when push-service is killed`() async throws {
            try await withDeployment(.singleBinary) { deployment in
                try await Self.exercise(deployment, killing: .pushService)
            }
        }

        private static func exercise(_ deployment: Deployment, killing component: Component) async throws {
            let prefix = uniqueChannel("fault")
            let channels = (0..<Self.channelCount).map { "\(prefix)-\($0)" }
            let subscribers = channels.map { ResilientSubscriber(deployment.stream, channels: $0) }
            for subscriber in subscribers { try await subscriber.connect() }
            let progress = Progress()

            let ledgers = try await withThrowingTaskGroup(of: (Int, Ledger)?.self) { group in
                for (index, channel) in channels.enumerated() {
                    let window = Window(size: Self.window)
                    let publisher = deployment.publisher()
                    group.addTask {
                        (index, try await Self.publish(by: publisher, to: channel, window: window, progress: progress))
                    }
                    group.addTask {
                        try await subscribers[index].receive(until: "end", within: .seconds(120)) {
                            window.received(eventID: $0.eventID)
                        }
                        return nil
                    }
                }
                group.addTask {
                    // Twice, so that what the first restart left behind is met by the second.
                    for share in [3, 2] {
                        try await progress.await(Self.channelCount * Self.messagesPerChannel / share)
                        try await deployment.kill(component)
                        try await deployment.start()
                    }
                    return nil
                }
                var ledgers = [Ledger](repeating: Ledger(), count: channels.count)
                for try await result in group {
                    if let (index, ledger) = result { ledgers[index] = ledger }
                }
                return ledgers
            }

            for (index, channel) in channels.enumerated() {
                let messages = await subscribers[index].messages
                try Self.check(messages, against: ledgers[index], channel: channel)
                // Whoever comes back with an older event id gets exactly what followed it.
                let acknowledged = ledgers[index].acknowledged
                let seen = acknowledged[acknowledged.count - 6]
                let again = try await deployment.eventSource(channel, lastEventID: seen.eventID)
                let distinct = Self.withoutRepetitions(messages)
                let position = try #require(distinct.firstIndex { $0.eventID == seen.eventID })
                let missed = distinct[(position + 1)...].map(\.eventID)
                #expect(try await again.next(missed.count).map(\.eventID) == missed, "after a reconnect to \(channel)")
            }
            // A new store is filled again with what subscribers have, and spares them that.
            let repetitions = await Self.repetitions(subscribers)
            if component == .pushStream || component == .pushService { #expect(repetitions == 0) }
            print(
                "measured: \(component) killed twice under \(Self.channelCount) publishers:",
                "\(repetitions) repeated messages,",
                "\(ledgers.map(\.uncertain.count).reduce(0, +)) publishes answered with an error")
        }

        private static func publish(by publisher: Publisher, to channel: String, window: Window, progress: Progress) async throws
            -> Ledger
        {
            var ledger = Ledger()
            var number = 0
            while ledger.acknowledged.count < Self.messagesPerChannel {
                let content = "\(number)"
                number += 1
                try await window.enter()
                if let eventID = try await Self.attempt(content, by: publisher, to: channel) {
                    ledger.acknowledged.append((content, eventID))
                    progress.advance()
                } else {
                    ledger.uncertain.insert(content)
                    window.withdraw()
                    // Not at once again: the process is being restarted.
                    try await eventually(within: .seconds(120), every: .milliseconds(50), "push-api accepts messages again") {
                        try await Self.isReady(publisher)
                    }
                }
            }
            try await eventually(within: .seconds(120), "the end is acknowledged") {
                guard let eventID = try await Self.attempt("end", by: publisher, to: channel) else { return false }
                ledger.acknowledged.append(("end", eventID))
                return true
            }
            return ledger
        }

        /// `nil` when the publisher was not told that the message is accepted.
        private static func attempt(_ content: String, by publisher: Publisher, to channel: String) async throws -> String? {
            do {
                return try await publisher.publish(content, to: channel, isPatient: false)
            } catch HTTPError.status(let status, _) where status >= 500 {
                return nil
            } catch let error where error is ConnectionError || error is HTTPError {
                if case HTTPError.status = error { throw error }
                return nil
            }
        }

        private static func isReady(_ publisher: Publisher) async throws -> Bool {
            (try? await publisher.send("GET", "/readyz", isPatient: false).status) == 200
        }

        private static func check(_ messages: [PushMessage], against ledger: Ledger, channel: String) throws {
            let distinct = Self.withoutRepetitions(messages)
            let byID = Dictionary(grouping: messages, by: \.eventID)
            for (eventID, same) in byID {
                #expect(Set(same.map(\.text)).count == 1, "event \(eventID) of \(channel) has several texts")
            }
            let contents = distinct.map { $0.content ?? "" }
            let expected = ledger.acknowledged.map(\.content)
            let received = Set(contents)
            #expect(expected.filter { !received.contains($0) } == [], "acknowledged and lost on \(channel)")
            for (content, eventID) in ledger.acknowledged where content != "end" {
                #expect(byID[eventID]?.first?.content == content, "event \(eventID) of \(channel)")
            }
            let unexpected = received.subtracting(expected).subtracting(ledger.uncertain)
            #expect(unexpected.isEmpty, "never published on \(channel)")
            // The publisher numbered what it sent, so the order of arrival is the order of publication if the numbers rise.
            let numbers = contents.compactMap { Int($0) }
            #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }, "order on \(channel): \(numbers)")
        }

        /// The first of each event id.
        private static func withoutRepetitions(_ messages: [PushMessage]) -> [PushMessage] {
            var seen: Set<String> = []
            return messages.filter { seen.insert($0.eventID).inserted }
        }

        private static func repetitions(_ subscribers: [ResilientSubscriber]) async -> Int {
            var count = 0
            for subscriber in subscribers {
                let messages = await subscriber.messages
                count += messages.count - Self.withoutRepetitions(messages).count
            }
            return count
        }
    }

    /// Counts acknowledged messages over all publishers.
    final class Progress: Sendable {
        private let count = Mutex(0)

        func advance() { self.count.withLock { $0 += 1 } }

        func `await`(_ target: Int) async throws {
            try await eventually(within: .seconds(120), every: .milliseconds(1), "\(target) acknowledged messages") {
                self.count.withLock { $0 } >= target
            }
        }
    }
}

import IntegrationSupport
import PushTestSupport
import Synchronization
import Testing

/// A publisher of the numbers from 1 on, each sent until it is acknowledged, as an app does, and subscribers to them.
final class NumberTraffic: Sendable {
    private struct State {
        var acknowledged = 0
        var isStopped = false
        var failure: (any Error)?
        var subscribers: [ResilientSubscriber] = []
        var receptions: [Task<Void, any Error>] = []
    }

    private let publisher: Publisher
    private let subscribers: Endpoint
    private let channel: String
    private let pause: Duration
    private let state = Mutex(State())

    private init(_ publisher: Publisher, _ subscribers: Endpoint, channel: String, pause: Duration) {
        self.publisher = publisher
        self.subscribers = subscribers
        self.channel = channel
        self.pause = pause
    }

    private static let end = "end"

    /// Lets messages flow while `body` runs, and checks then that each subscriber got each message that was acknowledged since it joined, once
    /// and in order.
    ///
    /// - Parameter pause: Between two messages. Plans allow so many in a second, and a channel keeps so many for who is away.
    static func flow(
        from publisher: Publisher, to subscribers: Endpoint, pause: Duration = .milliseconds(30),
        _ body: (NumberTraffic) async throws -> Void
    ) async throws {
        let traffic = NumberTraffic(publisher, subscribers, channel: uniqueChannel("numbers"), pause: pause)
        let publication = Task { try await traffic.noting { try await traffic.publishNumbers() } }
        defer {
            publication.cancel()
            for reception in traffic.state.withLock({ $0.receptions }) { reception.cancel() }
        }
        try await body(traffic)
        traffic.state.withLock { $0.isStopped = true }
        try await publication.value
        for reception in traffic.state.withLock({ $0.receptions }) { try await reception.value }
        await traffic.check()
    }

    /// Lets so many subscribers come, one after the other. They stay until the last message.
    @discardableResult
    func join(_ count: Int) async throws -> [ResilientSubscriber] {
        var joined: [ResilientSubscriber] = []
        for _ in 0..<count {
            let subscriber = ResilientSubscriber(self.subscribers, channels: self.channel)
            try await subscriber.connect()
            let reception = Task {
                try await self.noting { try await subscriber.receive(until: Self.end, within: .seconds(180)) { _ in } }
            }
            self.state.withLock { state in
                state.subscribers.append(subscriber)
                state.receptions.append(reception)
            }
            joined.append(subscriber)
        }
        return joined
    }

    /// Waits until so many more were acknowledged.
    func awaitMore(_ count: Int) async throws {
        let goal = self.state.withLock { $0.acknowledged } + count
        try await eventually(within: .seconds(120), "message \(goal) is acknowledged") {
            try self.state.withLock { state in
                if let failure = state.failure { throw failure }
                return state.acknowledged >= goal
            }
        }
    }

    private func check() async {
        let (subscribers, count) = self.state.withLock { ($0.subscribers, $0.acknowledged) }
        var all: [PushMessage] = []
        for (index, subscriber) in subscribers.enumerated() {
            let messages = await subscriber.messages
            if index == 0 {
                all = messages
                var seen: Set<String> = []
                // One whose acknowledgement was lost was published again, under another id.
                let contents = messages.compactMap(\.content).filter { seen.insert($0).inserted }
                // The first subscriber may have come a moment after the first message.
                let first = contents.first.flatMap { Int($0) } ?? 1
                #expect(contents == (first...max(first, count)).map(String.init) + [Self.end])
                #expect(Set(messages.map(\.eventID)).count == messages.count)
            } else {
                // What the first one got, from some message on.
                #expect(messages.map(\.eventID) == all.suffix(messages.count).map(\.eventID), "subscriber \(index)")
            }
        }
    }

    /// So that who waits for messages hears why none come.
    private func noting(_ work: () async throws -> Void) async throws {
        do {
            try await work()
        } catch {
            self.state.withLock { $0.failure = error }
            throw error
        }
    }

    private func publishNumbers() async throws {
        while !self.state.withLock({ $0.isStopped }) {
            try await self.publish("\(self.state.withLock { $0.acknowledged } + 1)")
            self.state.withLock { $0.acknowledged += 1 }
            try await Task.sleep(for: self.pause)
        }
        try await self.publish(Self.end)
    }

    private func publish(_ content: String) async throws {
        try await eventually(within: .seconds(120), every: .milliseconds(50), "'\(content)' is acknowledged") {
            do {
                try await self.publisher.publish(content, to: self.channel, within: .seconds(10), isPatient: false)
                return true
            } catch HTTPError.status(let status, _) where [502, 503, 504].contains(status) {
                return false
            } catch HTTPError.truncated {
                return false
            } catch is ConnectionError {
                return false
            }
        }
    }
}

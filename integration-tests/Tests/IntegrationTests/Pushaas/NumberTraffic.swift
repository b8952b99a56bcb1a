import IntegrationSupport
import PushTestSupport
import Synchronization
import Testing

/// A publisher of the numbers from 1 on, each sent until it is acknowledged, as an app does, and a subscriber to them.
final class NumberTraffic: Sendable {
    private struct State {
        var acknowledged = 0
        var isStopped = false
        var failure: (any Error)?
    }

    let subscriber: ResilientSubscriber
    private let publisher: Publisher
    private let channel: String
    private let state = Mutex(State())

    private init(_ publisher: Publisher, _ subscribers: Endpoint, channel: String) {
        self.publisher = publisher
        self.subscriber = ResilientSubscriber(subscribers, channels: channel)
        self.channel = channel
    }

    private static let end = "end"

    /// Lets messages flow while `body` runs, and checks then that each acknowledged one was received, and in their order.
    ///
    /// - Returns: How often the subscriber had to connect.
    static func flow(
        from publisher: Publisher, to subscribers: Endpoint, _ body: (NumberTraffic) async throws -> Void
    ) async throws -> Int {
        let traffic = NumberTraffic(publisher, subscribers, channel: uniqueChannel("numbers"))
        try await traffic.subscriber.connect()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await traffic.noting { try await traffic.publishNumbers() } }
            group.addTask {
                try await traffic.noting {
                    try await traffic.subscriber.receive(until: Self.end, within: .seconds(180)) { _ in }
                }
            }
            try await body(traffic)
            traffic.state.withLock { $0.isStopped = true }
            try await group.waitForAll()
        }
        let count = traffic.state.withLock { $0.acknowledged }
        var seen: Set<String> = []
        // One whose acknowledgement was lost was published again.
        let received = await traffic.subscriber.messages.compactMap(\.content).filter { seen.insert($0).inserted }
        #expect(received == (1...count).map(String.init) + [Self.end])
        return await traffic.subscriber.connections
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
            // The plan allows so many messages in a second.
            try await Task.sleep(for: .milliseconds(30))
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

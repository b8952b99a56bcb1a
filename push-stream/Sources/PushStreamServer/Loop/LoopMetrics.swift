import PushStreamCore
import Synchronization

/// Counters of one event loop: written by it alone, read by whoever renders metrics.
final class LoopMetrics: Sendable {
    let connections = Atomic<Int>(0)
    let accepted = Atomic<Int>(0)
    let refused = Atomic<Int>(0)
    let requests = Atomic<Int>(0)
    let deliveries = Atomic<Int>(0)
    let pings = Atomic<Int>(0)
    let sentBytes = Atomic<Int>(0)
    private let responses = Mutex([Int](repeating: 0, count: 6))
    private let disconnects = Mutex([Int](repeating: 0, count: DisconnectReason.allCases.count))
    private let subscribers = Mutex([SubscriberMode: Int]())
    /// The loop's thread, once it runs.
    let threadID = Atomic<Int>(0)

    func countResponse(_ status: Int) {
        responses.withLock { $0[min(max(status / 100, 0), 5)] += 1 }
    }

    /// Bytes that were handed to a subscriber.
    func countSent(_ bytes: Int) { sentBytes.wrappingAdd(bytes, ordering: .relaxed) }

    func countSubscriber(_ mode: SubscriberMode, by change: Int) {
        subscribers.withLock { $0[mode, default: 0] += change }
    }

    func countDisconnect(_ reason: DisconnectReason) {
        disconnects.withLock { $0[reason.rawValue] += 1 }
    }

    func add(to total: inout EngineMetrics) {
        total.connections += connections.load(ordering: .relaxed)
        total.acceptedConnections += accepted.load(ordering: .relaxed)
        total.refusedConnections += refused.load(ordering: .relaxed)
        total.requests += requests.load(ordering: .relaxed)
        total.deliveries += deliveries.load(ordering: .relaxed)
        total.pings += pings.load(ordering: .relaxed)
        total.sentBytes += sentBytes.load(ordering: .relaxed)
        let (byClass, byReason) = (responses.withLock { $0 }, disconnects.withLock { $0 })
        for index in byClass.indices { total.responses[index] += byClass[index] }
        for index in byReason.indices { total.disconnects[index] += byReason[index] }
        total.subscribersByMode.merge(subscribers.withLock { $0 }) { $0 + $1 }
    }
}

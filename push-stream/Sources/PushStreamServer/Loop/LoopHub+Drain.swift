import NIOCore
import PushStreamCore

extension LoopHub {
    /// Begins to end every connection, subscribers evenly over the period.
    ///
    /// - Returns: completes when none is left, or when the period is over.
    func drain(over milliseconds: Int) -> EventLoopFuture<Void> {
        updateTime()
        let promise = eventLoop.makePromise(of: Void.self)
        isDraining = true
        let (connections, sockets) = (connections, sockets.all)
        let count = connections.count + sockets.count
        // The last tenth is left to those that take a moment to close.
        let spread = milliseconds / 10 * 9
        for (index, connection) in connections.enumerated() { connection.drain(within: spread * index / count) }
        for (index, socket) in sockets.enumerated() { socket.drain(within: spread * (connections.count + index) / count) }
        if connectionCount == 0 {
            promise.succeed()
            return promise.futureResult
        }
        drained = promise
        // Weak for the reason that `startTimer` gives.
        drainDeadline = eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(milliseconds))) { [weak self] in
            self?.finishDrain()
        }
        return promise.futureResult
    }

    /// Whether anybody is subscribed at any loop.
    var hasSubscribers: Bool {
        (try? context.store.withTable { $0.hasSubscribers }) ?? false
    }

    /// While the engine stops: lets those who publish go when nobody is left to hear them.
    func releasePublishers() {
        guard isDraining, connections.contains(where: \.feedsSubscribers), !hasSubscribers else { return }
        for connection in connections where connection.feedsSubscribers { connection.drain(within: 0) }
    }

    func finishDrain() {
        drainDeadline?.cancel()
        drainDeadline = nil
        drained?.succeed()
        drained = nil
    }

    /// Cuts off whoever is left.
    func closeAll() {
        for connection in connections { connection.close() }
        for socket in sockets.all { socket.lost() }
    }
}

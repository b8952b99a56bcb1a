import NIOCore

extension LoopHub {
    /// Begins to end every connection, subscribers evenly over the period.
    ///
    /// - Returns: completes when none is left, or when the period is over.
    func drain(over milliseconds: Int) -> EventLoopFuture<Void> {
        updateTime()
        let promise = eventLoop.makePromise(of: Void.self)
        let all = connections
        // The last tenth is left to those that take a moment to close.
        let spread = milliseconds / 10 * 9
        for (index, connection) in all.enumerated() {
            connection.drain(within: all.count > 1 ? spread * index / all.count : 0)
        }
        if connections.isEmpty {
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

    func finishDrain() {
        drainDeadline?.cancel()
        drainDeadline = nil
        drained?.succeed()
        drained = nil
    }

    /// Cuts off whoever is left.
    func closeAll() {
        for connection in connections { connection.close() }
    }
}

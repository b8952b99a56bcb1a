import NIOCore

extension EventLoop {
    /// Waits by the event loop's own timer. `Task.sleep` would wake two threads more for each pause.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    func sleep(for duration: Duration) async throws {
        let promise = self.makePromise(of: Void.self)
        let timer = self.scheduleTask(in: TimeAmount(duration)) { promise.succeed() }
        try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            timer.cancel()
            promise.fail(CancellationError())
        }
    }
}

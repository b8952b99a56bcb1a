/// Wakes the publisher when there is something to publish. One waits, many may tell.
struct ChangeSignal: Sendable {
    let changes: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        // What was told while nobody waited is told once.
        (self.changes, self.continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func tell() { self.continuation.yield() }
}

import Synchronization

/// Keeps a publisher from running further ahead of its subscriber than push-stream's history reaches.
final class Window: Sendable {
    private struct State {
        var published = 0
        var seen: Set<String> = []
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let size: Int
    private let state = Mutex(State())

    init(size: Int) { self.size = size }

    /// Waits for room, then counts one message as published. One publisher at a time.
    func enter() async throws {
        while true {
            try Task.checkCancellation()
            let isOpen = self.state.withLock { state in
                guard state.published - state.seen.count < self.size else { return false }
                state.published += 1
                return true
            }
            if isOpen { return }
            await self.change()
        }
    }

    /// Waits until the window may have moved.
    private func change() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isStale = self.state.withLock { state in
                    guard state.published - state.seen.count >= self.size, !Task.isCancelled else { return true }
                    state.waiter = continuation
                    return false
                }
                if isStale { continuation.resume() }
            }
        } onCancel: {
            self.wake { _ in }
        }
    }

    /// A message came; repetitions have the same event id.
    func received(eventID: String) {
        self.wake { state in state.seen.insert(eventID) }
    }

    /// A message was not acknowledged: it may come or not, so it does not count.
    func withdraw() {
        self.wake { state in state.published -= 1 }
    }

    private func wake(_ change: (inout State) -> Void) {
        let waiter = self.state.withLock { state -> CheckedContinuation<Void, Never>? in
            change(&state)
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}

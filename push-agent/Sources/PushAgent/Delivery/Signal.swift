import Synchronization

/// Wakes one waiting task. Signals that nobody waits for are remembered as one.
final class Signal: Sendable {
    private struct State {
        var isRaised = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func raise() {
        let waiter = self.state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard let waiter = state.waiter else {
                state.isRaised = true
                return nil
            }
            state.waiter = nil
            return waiter
        }
        waiter?.resume()
    }

    /// Returns when the signal is raised, or has been since the last wait, or the task is cancelled. For one task at a time.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let waiter = self.state.withLock { state -> CheckedContinuation<Void, Never>? in
                    if state.isRaised || Task.isCancelled {
                        state.isRaised = false
                        return continuation
                    }
                    // A second waiter would be a mistake of the caller; the first one must not hang for it.
                    let previous = state.waiter
                    state.waiter = continuation
                    return previous
                }
                waiter?.resume()
            }
        } onCancel: {
            let waiter = self.state.withLock { state -> CheckedContinuation<Void, Never>? in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }
    }
}

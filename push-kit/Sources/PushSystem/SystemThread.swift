import CThread
import Glibc

/// A thread for calls that block for as long as the program runs.
public enum SystemThread {
    /// Starts a thread, which ends with `body`.
    ///
    /// - Parameters:
    ///   - name: What `ps -L` shows; the system keeps 15 bytes of it.
    ///   - stackSize: Bytes; at least 16 KiB.
    public static func start(name: String, stackSize: Int = 512 * 1024, _ body: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Body(run: body))
        let code = cthread_start(
            name, stackSize,
            { argument in
                guard let argument else { return }
                Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
            }, box.toOpaque())
        // As for memory: without one more thread nothing of this program can go on.
        precondition(code == 0, "a thread cannot be started: \(String(cString: strerror(code)))")
    }

    private final class Body {
        let run: @Sendable () -> Void

        init(run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }
}

import FoundationEssentials
import Glibc
import PushSystem
import Synchronization

/// A program that runs as a child of this one and does not outlive it.
///
/// The child gets a process group of its own, so that Ctrl-C in the terminal reaches only us and the order of shutdown is ours. It is
/// asked to end by the kernel when we are killed: `setpriv --pdeathsig` does that, which counts the *thread* that started the child as
/// its parent; therefore one thread starts the child and waits for it until its end.
final class ChildProcess: Sendable {
    enum Status: Equatable, Sendable, CustomStringConvertible {
        case exited(Int32)
        case signalled(Int32)

        var description: String {
            switch self {
            case .exited(let code): return "exited with status \(code)"
            case .signalled(let signal): return "was ended by signal \(signal)"
            }
        }
    }

    struct SpawnError: Error, CustomStringConvertible {
        let program: String
        let code: Int32
        var description: String { "cannot start \(self.program): \(String(cString: strerror(self.code)))" }
    }

    private struct State {
        var status: Status?
        var waiters: [Int: CheckedContinuation<Status?, Never>] = [:]
        /// Waiters that were cancelled before they waited.
        var cancelled: Set<Int> = []
        var nextWaiter = 0
    }

    let processID: pid_t
    private let state = Mutex(State())

    private init(processID: pid_t) {
        self.processID = processID
    }

    /// Starts `program` with its output appended to `outputFile`.
    static func start(program: String, arguments: [String], outputFile: String) async throws -> ChildProcess {
        var command = [program] + arguments
        if let setpriv = findProgram("setpriv") {
            command = [setpriv, "--pdeathsig", "TERM", "--"] + command
        }
        return try await withCheckedThrowingContinuation { started in
            SystemThread.start(name: "child") { [command] in
                let result = spawn(command, outputFile: outputFile)
                guard case .success(let processID) = result else {
                    if case .failure(let error) = result { started.resume(throwing: error) }
                    return
                }
                let child = ChildProcess(processID: processID)
                started.resume(returning: child)
                child.finish(with: waitForEnd(of: processID))
            }
        }
    }

    /// Sends a signal, unless the child has ended: its number may belong to another process by then.
    func send(_ signal: Int32) {
        self.state.withLock { state in
            if state.status == nil { _ = kill(self.processID, signal) }
        }
    }

    /// How the child ended, once it has. Goes on waiting when the task is cancelled.
    func waitForEnd() async -> Status {
        while true {
            // Without a cancellation handler there is an answer only when the child has ended.
            if let status = await self.wait(as: self.nextWaiter()) { return status }
        }
    }

    /// How the child ended, once it has.
    ///
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    func waitForEndUnlessCancelled() async throws -> Status {
        let waiter = self.nextWaiter()
        let status = await withTaskCancellationHandler {
            await self.wait(as: waiter)
        } onCancel: {
            let continuation = self.state.withLock { state -> CheckedContinuation<Status?, Never>? in
                if let continuation = state.waiters.removeValue(forKey: waiter) { return continuation }
                state.cancelled.insert(waiter)
                return nil
            }
            continuation?.resume(returning: nil)
        }
        guard let status else { throw CancellationError() }
        return status
    }

    private func nextWaiter() -> Int {
        self.state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
    }

    /// - Returns: `nil` when this waiter was cancelled.
    private func wait(as waiter: Int) async -> Status? {
        await withCheckedContinuation { continuation in
            let answer = self.state.withLock { state -> Status?? in
                if let status = state.status { return .some(status) }
                if state.cancelled.remove(waiter) != nil { return .some(nil) }
                state.waiters[waiter] = continuation
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    private func finish(with status: Status) {
        let waiters = self.state.withLock { state in
            state.status = status
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume(returning: status) }
    }

    private static func spawn(_ command: [String], outputFile: String) -> Result<pid_t, SpawnError> {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, outputFile, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        // Signals that this process ignores or blocks must reach the child.
        var all = sigset_t()
        var none = sigset_t()
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var processID: pid_t = 0
        let code = posix_spawn(&processID, command[0], &actions, &attributes, &arguments, environ)
        return code == 0 ? .success(processID) : .failure(SpawnError(program: command[0], code: code))
    }

    private static func waitForEnd(of processID: pid_t) -> Status {
        var raw: Int32 = 0
        while waitpid(processID, &raw, 0) < 0, errno == EINTR {}
        // WIFEXITED, WEXITSTATUS and WTERMSIG are macros that Swift does not import.
        return raw & 0x7F == 0 ? .exited((raw >> 8) & 0xFF) : .signalled(raw & 0x7F)
    }
}

/// The first executable file of that name in `PATH`.
func findProgram(_ name: String, path: String? = ProcessInfo.processInfo.environment["PATH"]) -> String? {
    for folder in (path ?? "").split(separator: ":") {
        let candidate = "\(folder)/\(name)"
        if access(candidate, X_OK) == 0 { return candidate }
    }
    return nil
}

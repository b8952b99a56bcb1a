import FoundationEssentials
import Glibc
import PushSystem

/// `daemon on`: the server as a process of its own, apart from the terminal.
///
/// A program that has threads cannot fork. So the process that was called checks the configuration, starts this program anew, and ends
/// when that one serves, or with the reason why it does not.
enum Daemon {
    /// Names the pipe to the process that waits.
    private static let variable = "PUSH_STREAM_READY_DESCRIPTOR"

    /// The end of a start that somebody waits for.
    struct Readiness: Sendable {
        let descriptor: Int32

        /// Lets the waiting process end with success.
        func tell() {
            var byte: UInt8 = 1
            while write(self.descriptor, &byte, 1) < 0, errno == EINTR {}
            close(self.descriptor)
        }
    }

    /// Makes this process the daemon if another one has started it as such.
    ///
    /// - Returns: nil in a process that an operator or a service manager has called.
    static func begin() -> Readiness? {
        guard let descriptor = getenv(Self.variable).flatMap({ Int32(String(cString: $0)) }) else { return nil }
        unsetenv(Self.variable)
        guard fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else { return nil }
        // A session of its own: no terminal sends it signals.
        setsid()
        return Readiness(descriptor: descriptor)
    }

    /// Starts this program as a daemon with the arguments that this process got, and waits until it serves.
    ///
    /// - Returns: the exit status: 0, or 1 if it does not serve, which it has told on standard error by then.
    /// - Throws: the system call that failed.
    static func start() throws(ProcessFailure) -> Int32 {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw ProcessFailure("pipe()", errno) }
        defer { close(ends[0]) }
        let pid: pid_t
        do {
            defer { close(ends[1]) }
            pid = try self.spawn(closing: ends[0], telling: ends[1])
        }
        var byte: UInt8 = 0
        var count = read(ends[0], &byte, 1)
        while count < 0, errno == EINTR { count = read(ends[0], &byte, 1) }
        if count == 1 { return 0 }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return 1
    }

    private static func spawn(closing reading: Int32, telling writing: Int32) throws(ProcessFailure) -> pid_t {
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
        #else
            var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Standard error stays until the daemon serves: it tells there what keeps it from that.
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addclose(&actions, reading)
        setenv(Self.variable, String(writing), 1)
        defer { unsetenv(Self.variable) }
        let program = Executable.path ?? CommandLine.arguments[0]
        var arguments = CommandLine.arguments.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pid = pid_t()
        let code = posix_spawn(&pid, program, &actions, nil, &arguments, environ)
        guard code == 0 else { throw ProcessFailure("posix_spawn() \"\(program)\"", code) }
        return pid
    }
}

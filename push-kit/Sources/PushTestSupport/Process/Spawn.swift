import CTestSupport
import Glibc

/// Starting a program failed.
public struct SpawnFailed: Error, Sendable {
    public var executable: String
    /// The value of `errno`.
    public var code: Int32
}

/// A child process as the system gives it: Foundation's `Process` watches its pipes through libdispatch, which crashed now and then
/// when many children came and went at once.
struct Spawn: Sendable {
    let pid: pid_t
    /// The reading ends of the child's output.
    let standardOutput: Int32
    let standardError: Int32

    init(executable: String, arguments: [String], environment: [String: String], workingDirectory: String?) throws {
        let output = try Self.makePipe(executable)
        let errors: (reading: Int32, writing: Int32)
        do {
            errors = try Self.makePipe(executable)
        } catch {
            close(output.reading)
            close(output.writing)
            throw error
        }
        // The child has its own copies of the writing ends; with ours open the end of its output would never come.
        defer {
            close(output.writing)
            close(errors.writing)
        }

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output.writing, 1)
        posix_spawn_file_actions_adddup2(&actions, errors.writing, 2)
        // Sockets of the test process must not stay open in its children.
        ctest_actions_add_closefrom(&actions, 3)
        if let workingDirectory { ctest_actions_add_chdir(&actions, workingDirectory) }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (all, none) = (sigset_t(), sigset_t())
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        var argv = ([executable] + arguments).map { strdup($0) } + [nil]
        var envp = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var pid = pid_t()
        let code = posix_spawn(&pid, executable, &actions, &attributes, &argv, &envp)
        guard code == 0 else {
            close(output.reading)
            close(errors.reading)
            throw SpawnFailed(executable: executable, code: code)
        }
        self.pid = pid
        standardOutput = output.reading
        standardError = errors.reading
    }

    private static func makePipe(_ executable: String) throws -> (reading: Int32, writing: Int32) {
        var descriptors: [Int32] = [0, 0]
        guard ctest_pipe(&descriptors) == 0 else { throw SpawnFailed(executable: executable, code: errno) }
        return (descriptors[0], descriptors[1])
    }

    /// Reads until the end of the stream, blocking, and closes it. The end is reported as no bytes.
    static func drain(_ descriptor: Int32, _ receive: ([UInt8]) -> Void) {
        defer {
            close(descriptor)
            receive([])
        }
        while true {
            var count = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, initialized in
                count = read(descriptor, buffer.baseAddress, buffer.count)
                initialized = max(count, 0)
            }
            if count > 0 { receive(bytes) } else if count == 0 || errno != EINTR { return }
        }
    }

    /// Waits for the end of the process, blocking.
    static func wait(_ pid: pid_t) -> ExitStatus {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        // The layout of the status that `WIFEXITED` and its kind read, which Swift can't import.
        let signal = status & 0x7f
        return signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
    }
}

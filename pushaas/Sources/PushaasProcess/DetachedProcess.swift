import CDetachedProcess
import Glibc
import PushaasProvisioning

/// Starts programs that live on when this one ends, and that signals of its terminal do not reach.
enum DetachedProcess {
    /// - Parameters:
    ///   - command: The program's path and its arguments.
    ///   - log: Gets its output, appended.
    static func start(_ command: [String], environment: [String: String], log: String) throws(ProviderError) {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        // pushaas' sockets among them: with its port in the hands of an instance, pushaas could not be started again.
        detached_actions_add_closefrom(&actions, STDERR_FILENO + 1)
        // Signals that this process ignores or blocks must reach it.
        var all = sigset_t()
        var none = sigset_t()
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

        // It makes the session and a child in it, and ends: so the child is nobody's to wait for.
        let setsid = "/usr/bin/setsid"
        var arguments = ([setsid, "--fork"] + command).map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var id: pid_t = 0
        let code = posix_spawn(&id, setsid, &actions, &attributes, &arguments, &variables)
        guard code == 0 else {
            throw ProviderError(.temporary, "\(setsid), of util-linux, cannot be started: \(String(cString: strerror(code)))")
        }
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else {
            throw ProviderError(
                .temporary, "\(command[0]) could not be started: setsid ended with status \((status >> 8) & 0xFF)")
        }
    }
}

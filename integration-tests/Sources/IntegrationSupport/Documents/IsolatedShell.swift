import Glibc
import PushTestSupport

/// A shell with a network and a process table of its own: the commands of a document find the ports free that they name, and nothing of
/// theirs is left when it ends.
///
/// Made of Linux namespaces, by `unshare` and `nsenter` of util-linux and `ip` of iproute2. Who is not root gets a user namespace as well.
public struct IsolatedShell: Sendable {
    private let process: Int32
    private let environment: [String: String]

    public struct NoProcess: Error {}

    /// Runs `body` with such a shell.
    ///
    /// - Parameter environment: what its commands have in addition to the environment of the test.
    public static func with<Result>(
        environment: [String: String], isolation: isolated (any Actor)? = #isolation,
        _ body: (IsolatedShell) async throws -> Result
    ) async throws -> Result {
        let user = geteuid() == 0 ? [] : ["--map-root-user"]
        return try await withProcess(
            "namespaces", "unshare",
            arguments: user + [
                "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
                "ip link set lo up && echo up && exec sleep infinity",
            ]
        ) { holder in
            try await holder.line(containing: "up")
            guard let first = ProcessTable.children(of: holder.pid).first else { throw NoProcess() }
            return try await body(IsolatedShell(process: first, environment: environment))
        }
    }

    /// Starts a command as a job of its own, in the repository's root.
    public func start(_ command: String) throws -> TestProcess {
        let user = geteuid() == 0 ? [] : ["--user", "--preserve-credentials"]
        return try TestProcess(
            "nsenter",
            arguments: user + [
                "--target", "\(self.process)", "--net", "--pid", "--mount", "setsid", "--wait", "sh", "-c",
                "cd '\(Repository.root)' && \(command)",
            ], environment: self.environment)
    }

    /// Runs a command to its end and gives what it printed.
    public func run(_ command: String) async throws -> (status: ExitStatus, text: String) {
        let process = try self.start(command)
        let status = try await process.finish(within: .seconds(180))
        return (status, process.text)
    }

    /// What Ctrl-C does to a command that `start` began: its whole job is interrupted, not only the shell.
    public func interrupt(_ job: TestProcess) {
        let members = ProcessTable.descendants(of: job.pid)
        for group in Set(members.map { getpgid($0) }) where group > 0 && members.contains(group) {
            kill(-group, SIGINT)
        }
    }
}

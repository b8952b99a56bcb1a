import FoundationEssentials
import Glibc
import Synchronization

/// What the process takes on from the system: its limit of open files and its user.
enum ProcessLimits {
    /// `worker_rlimit_nofile`, with warnings where the system allows less, or where that is less than may be needed.
    static func raiseOpenFiles(_ process: ProcessSettings, _ log: ErrorLog) {
        if let wanted = process.openFileLimit {
            let limit = self.raiseOpenFiles(to: wanted)
            if limit < wanted {
                log.log(.warn, "open files are limited below worker_rlimit_nofile", ["limit": "\(limit)", "wanted": "\(wanted)"])
            }
        }
        if let warning = self.warning(process) { log.log(.warn, warning) }
    }

    /// `worker_rlimit_nofile`. Without the right to raise the hard limit, the soft one is raised as far as that.
    ///
    /// - Returns: the limit in force.
    static func raiseOpenFiles(to wanted: Int) -> Int {
        var limit = rlimit()
        guard getrlimit(Self.openFiles, &limit) == 0 else { return 0 }
        let target = rlim_t(clamping: wanted)
        var raised = rlimit(rlim_cur: target, rlim_max: max(target, limit.rlim_max))
        if setrlimit(Self.openFiles, &raised) != 0 {
            raised = rlimit(rlim_cur: min(target, limit.rlim_max), rlim_max: limit.rlim_max)
            _ = setrlimit(Self.openFiles, &raised)
        }
        guard getrlimit(Self.openFiles, &limit) == 0 else { return 0 }
        return Int(clamping: limit.rlim_cur)
    }

    /// The limit of open files in force.
    static var openFileLimit: Int {
        var limit = rlimit()
        return getrlimit(Self.openFiles, &limit) == 0 ? Int(clamping: limit.rlim_cur) : .max
    }

    /// Nginx's warning if the event loops may hold more connections than the process may open files.
    static func warning(_ process: ProcessSettings, limit: Int = Self.openFileLimit) -> String? {
        let limit = max(limit, process.openFileLimit ?? 0)
        guard process.eventLoops * process.connectionsPerLoop > limit else { return nil }
        let loops = process.eventLoops > 1 ? "\(process.eventLoops) times " : ""
        return "\(loops)\(process.connectionsPerLoop) worker_connections exceed open file resource limit: \(limit)"
    }

    /// `user`: gives root's rights away for good. The C library changes all threads.
    ///
    /// - Throws: the system call that failed, in nginx's words.
    static func become(_ user: ProcessUser) throws(ProcessFailure) {
        guard setgid(user.groupID) == 0 else { throw ProcessFailure("setgid(\(user.groupID))", errno) }
        #if canImport(Darwin)
            let groups = initgroups(user.name, Int32(bitPattern: user.groupID))
        #else
            let groups = initgroups(user.name, user.groupID)
        #endif
        guard groups == 0 else { throw ProcessFailure("initgroups(\(user.name), \(user.groupID))", errno) }
        guard setuid(user.userID) == 0 else { throw ProcessFailure("setuid(\(user.userID))", errno) }
        self.rootWasGivenUp.store(true, ordering: .relaxed)
    }

    /// Whether this process was root's and has become another user's: a reload reads `user` as the start did then.
    static let rootWasGivenUp = Atomic(false)

    #if canImport(Glibc)
        private static let openFiles = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    #else
        private static let openFiles = RLIMIT_NOFILE
    #endif
}

/// Why the process does not start, in one line.
struct ProcessFailure: Error, CustomStringConvertible {
    var description: String

    /// A system call that failed with this `errno`, in nginx's words.
    init(_ call: String, _ code: Int32) {
        self.description = "\(call) failed (\(code): \(String(cString: strerror(code))))"
    }
}

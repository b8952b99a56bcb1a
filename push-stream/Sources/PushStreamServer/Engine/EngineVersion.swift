#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

public enum EngineVersion {
    public static let number = "1.0.0"
    /// The Nginx module's version whose behaviour this is.
    static let moduleVersion = "0.6.0"

    /// Value of `Server`, and the last line of error pages.
    static func serverName(showsVersion: Bool) -> String {
        showsVersion ? "push-stream/\(number)" : "push-stream"
    }
}

enum ProcessIdentity {
    static let pid = Int(getpid())

    /// An id for the calling thread that `ps -L` shows too.
    static func threadID() -> Int {
        // "PID/task/TID"; only Linux has it.
        var path = [CChar](repeating: 0, count: 64)
        let length = readlink("/proc/thread-self", &path, path.count)
        guard length > 0 else { return pid }
        return String(decoding: path.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self).split(separator: "/").last
            .flatMap { Int($0) } ?? pid
    }

    static func hostname() -> String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self).lowercased()
    }

    /// Milliseconds since 1970.
    static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int(time.tv_sec) * 1000 + Int(time.tv_nsec) / 1_000_000
    }

    /// Milliseconds of a clock that is never set.
    static func uptime() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int(time.tv_sec) * 1000 + Int(time.tv_nsec) / 1_000_000
    }
}

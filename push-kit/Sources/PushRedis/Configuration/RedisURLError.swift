/// A Redis URL that can't be used: what is wrong, and what to write. It never repeats the URL, which may hold a password.
public struct RedisURLError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong with the URL.
    public var problem: String

    public init(problem: String) { self.problem = problem }

    public var description: String {
        "\(problem); write redis://[user[:password]@]host[:port][/database], rediss:// for TLS, "
            + "redis+unix:///path/to/redis.sock, or redis+sentinel://[user:password@]host:26379,host:26379/master-name[/database]"
    }
}

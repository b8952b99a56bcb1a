/// Where a Redis server is, and how the client treats it.
public struct RedisConfiguration: Sendable {
    /// A host name or IP address, and a TCP port.
    public struct Address: Sendable, Hashable, CustomStringConvertible {
        public var host: String
        public var port: Int

        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }

        public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }

    /// What `AUTH` gets. Without a user name the server's `default` user is meant.
    public struct Credentials: Sendable, Hashable {
        public var username: String?
        public var password: String

        public init(username: String? = nil, password: String) {
            self.username = username
            self.password = password
        }
    }

    /// How to find the server.
    public enum Target: Sendable, Hashable {
        case server(Address)
        /// A server on this machine, by the path of its socket.
        case socket(String)
        /// The master of this name, as the Sentinels know it at the time of each connect.
        case sentinel([Address], master: String)
    }

    /// TLS towards the server. The server's certificate is always verified.
    public struct TLS: Sendable, Hashable {
        /// PEM file of the authorities to trust; the system's if `nil`.
        public var trustRootsFile: String?
        /// PEM file of the client's certificate chain, for servers that ask for one (`tls-auth-clients`).
        public var certificateFile: String?
        /// PEM file of the client certificate's private key.
        public var privateKeyFile: String?

        public init(trustRootsFile: String? = nil, certificateFile: String? = nil, privateKeyFile: String? = nil) {
            self.trustRootsFile = trustRootsFile
            self.certificateFile = certificateFile
            self.privateKeyFile = privateKeyFile
        }
    }

    public var target: Target
    public var credentials: Credentials?
    /// Credentials for the Sentinels themselves, which usually have none.
    public var sentinelCredentials: Credentials?
    public var database: Int
    public var tls: TLS?

    /// How long a command may take from `send` to its answer, waiting for a connection included. A command's own timeout goes first.
    public var commandTimeout: Duration = .seconds(5)
    /// How long TCP and TLS may take to connect, and after that how long the server may take to answer the greeting.
    public var connectTimeout: Duration = .seconds(2)
    /// The pause before the first attempt to reconnect; doubled each time up to `maximumBackoff`, less up to half of it at random.
    public var minimumBackoff: Duration = .milliseconds(50)
    public var maximumBackoff: Duration = .seconds(5)
    /// The name that `CLIENT LIST` shows, without spaces and control characters. None is set if `nil`.
    public var clientName: String?

    /// The most commands that may be queued or unanswered, each command of a pipeline counted. More fail with `overflow`.
    public var maximumOutstandingCommands = 100_000
    /// The most bytes that queued and unanswered commands may hold. More fail with `overflow`.
    public var maximumOutstandingBytes = 256 << 20
    /// The most memory one reply may take, in bytes: the largest string that Redis stores by default, and some for its framing.
    public var maximumReplyBytes = 520 << 20

    public init(host: String = "localhost", port: Int = 6379) {
        self.init(target: .server(Address(host: host, port: port)))
    }

    public init(target: Target, credentials: Credentials? = nil, database: Int = 0, tls: TLS? = nil) {
        self.target = target
        self.credentials = credentials
        self.database = database
        self.tls = tls
    }
}

extension RedisConfiguration {
    /// The configuration as a URL, with `***` for the password: fit for logs.
    public var redactedURL: String {
        let user = credentials.map { "\($0.username ?? ""):***@" } ?? ""
        let suffix = database == 0 ? "" : "/\(database)"
        switch target {
        case .server(let address):
            return "\(tls == nil ? "redis" : "rediss")://\(user)\(address)\(suffix)"
        case .socket(let path):
            return "redis+unix://\(user)\(path)\(database == 0 ? "" : "?db=\(database)")"
        case .sentinel(let addresses, let master):
            let hosts = addresses.map(\.description).joined(separator: ",")
            return "\(tls == nil ? "redis" : "rediss")+sentinel://\(user)\(hosts)/\(master)\(suffix)"
        }
    }
}

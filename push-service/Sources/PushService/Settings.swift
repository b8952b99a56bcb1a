import FoundationEssentials
import PushAPI
import PushAgent
import PushRuntime

/// What this program was told, by its options, its YAML file and its environment.
///
/// The keys are those of push-api and push-agent, so that a setting keeps its name when the parts are run apart; in the
/// environment they begin with `PUSHSERVICE_`. Where both have a key (`redis.url`), it holds for both.
struct Settings {
    struct Options: Sendable {
        var dataDirectory: String
        var redisURL: String?
        var user: String?
        var password: String?
        var apiPort: Int?
        var streamPort: Int?
        var configurationFile: String?
    }

    /// What the parts agree on at run time, not by configuration.
    struct Wiring {
        var redisURL: String
        var password: String
        /// Where push-agent publishes: the socket of push-stream.
        var publisherURL: String
        /// The port that subscribers reach.
        var streamPort: Int
    }

    private static let prefix = "PUSHSERVICE"

    private static let ownKeys: [ConfigurationKey] =
        [
            ConfigurationKey(
                "stream.port", .port, default: "9080", documentation: "The port of subscribers; --stream-port goes first."),
            ConfigurationKey(
                "stream.config",
                documentation:
                    "An nginx.conf for push-stream in place of the built-in one: its listener on port 9080 is moved to "
                    + "stream.port, the one on port 9081 to a socket in the data directory."),
            ConfigurationKey(
                "stream.directives", default: "",
                documentation:
                    "Directives of nginx.conf's main level beside those of the file, as push-stream's -g takes them: "
                    + "push_stream_subscribers_limit 10000; push_stream_history_limit 50 10m;"),
        ]
        + ConfigurationKey.logging.map { key in
            guard key.name == "log.level" else { return key }
            // Access logs would bury the addresses that a person wants to read.
            return ConfigurationKey(key.name, key.type, default: "notice", documentation: key.documentation)
        }

    /// Keys of push-agent that mean nothing here: its position belongs to this data directory, whatever the host is called, and
    /// its push-stream is in the same process.
    private static let leftOut: Set<String> = ["agent.name", "push_stream.timeout"]

    private static let apiSchema = schema(
        ownKeys, PushAPIConfiguration.schema.keys, AgentConfiguration.schema.keys.filter { !leftOut.contains($0.name) })
    /// The same names, read as push-agent reads them.
    private static let agentSchema = schema(ownKeys, AgentConfiguration.schema.keys, PushAPIConfiguration.schema.keys)

    /// The first that declares a name gives it its type and its default.
    private static func schema(_ parts: [ConfigurationKey]...) -> ConfigurationSchema {
        var names: Set<String> = []
        return ConfigurationSchema(prefix: self.prefix, keys: parts.joined().filter { names.insert($0.name).inserted })
    }

    static var help: String { self.apiSchema.helpText() }

    let values: ConfigurationValues
    private let options: Options
    private let environment: [String: String]

    /// - Throws: `ConfigurationError` with everything that is wrong.
    init(_ options: Options, environment: [String: String]) throws {
        var environment = environment
        if let file = options.configurationFile { environment["\(Self.prefix)_CONFIG"] = file }
        self.options = options
        self.environment = environment
        self.values = try Self.apiSchema.load(environment: environment, overrides: Self.overrides(options))
    }

    /// The password that was configured anywhere, or `nil` if one has to be made.
    func configuredPassword() throws -> String? {
        let password = try self.values.string("api.basic_auth_password")
        let key = PushAPIConfiguration.schema.keys.first { $0.name == "api.basic_auth_password" }
        return password == key?.defaultText ? nil : password
    }

    func apiPort() throws -> Int { try self.values.int("server.port") }
    func streamPort() throws -> Int { try self.values.int("stream.port") }
    /// `nil` if nobody is asked who he is.
    func user() throws -> String? {
        try self.values.bool("api.enable_auth") ? self.values.string("api.basic_auth_user") : nil
    }
    func nginxConfigurationFile() throws -> String? { try self.values.optionalString("stream.config") }
    func directives() throws -> String { try self.values.string("stream.directives") }
    /// The Redis to use, or `nil` for a private one.
    func redisURL() throws -> String? {
        let url = try self.values.string("redis.url")
        let key = PushAPIConfiguration.schema.keys.first { $0.name == "redis.url" }
        return url == key?.defaultText && self.options.redisURL == nil ? nil : url
    }

    func api(_ wiring: Wiring) throws -> PushAPIConfiguration {
        var overrides = Self.overrides(self.options)
        overrides["redis.url"] = wiring.redisURL
        overrides["api.basic_auth_password"] = wiring.password
        // Unless told how browsers reach this machine.
        if try self.values.url("push_stream.url").absoluteString == "http://localhost:9080" {
            overrides["push_stream.url"] = "http://localhost:\(wiring.streamPort)"
        }
        return try PushAPIConfiguration(Self.apiSchema.load(environment: self.environment, overrides: overrides))
    }

    func agent(_ wiring: Wiring) throws -> AgentConfiguration {
        var overrides = Self.overrides(self.options)
        overrides["redis.url"] = wiring.redisURL
        overrides["push_stream.url"] = wiring.publisherURL
        overrides["agent.name"] = "push-service"
        return try AgentConfiguration(
            values: Self.agentSchema.load(environment: self.environment, overrides: overrides))
    }

    private static func overrides(_ options: Options) -> [String: String] {
        var overrides: [String: String] = [:]
        overrides["api.basic_auth_user"] = options.user
        overrides["api.basic_auth_password"] = options.password
        overrides["redis.url"] = options.redisURL
        overrides["server.port"] = options.apiPort.map(String.init)
        overrides["stream.port"] = options.streamPort.map(String.init)
        return overrides
    }
}

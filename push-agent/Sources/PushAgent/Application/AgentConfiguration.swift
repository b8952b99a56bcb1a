import FoundationEssentials
import PushModels
import PushRedis
import PushRuntime

/// How messages are carried from Redis to push-stream.
public struct SubscriptionSettings: Sendable, Equatable {
    /// `workers.subscription.enabled`
    public var isEnabled = true
    /// `workers.subscription.replay_window`: how far back a new push-stream is filled, and where a new agent starts.
    public var replayWindow = Duration.seconds(300)
    /// `workers.subscription.batch_size`: entries of one read, from 1.
    public var batchSize = 500
    /// `workers.subscription.in_flight_messages`: publishes without an answer, from 1.
    public var inFlightMessages = 1_000
    /// `workers.subscription.in_flight_bytes`
    public var inFlightBytes = 4 * 1_024 * 1_024
    /// `workers.subscription.failure_retries`: how often a message is sent again that push-stream answers with 500.
    public var failureRetries = 5
    /// `workers.subscription.drain_timeout`: how long answers are waited for at shutdown.
    public var drainTimeout = Duration.seconds(10)

    public init() {}

    var limits: DeliveryPipeline.Limits {
        DeliveryPipeline.Limits(
            inFlightRequests: self.inFlightMessages, inFlightBytes: self.inFlightBytes, readAheadRequests: self.batchSize,
            readAheadBytes: 2 * self.inFlightBytes, failureRetries: self.failureRetries)
    }
}

/// How push-stream's statistics are copied to Redis.
public struct StatisticsSettings: Sendable, Equatable {
    /// `workers.stats.enabled`
    public var isEnabled = true
    /// `workers.stats.interval`
    public var interval = Duration.seconds(60)
    /// `workers.stats.expiration`
    public var expiration = Duration.seconds(120)
    /// `workers.stats.sample_interval`
    public var sampleInterval = Duration.seconds(10)

    public init() {}
}

/// The configuration of push-agent.
public struct AgentConfiguration: Sendable {
    /// `agent.name`, else the host's name. Under this name the agent keeps its position, so it must be stable, and no other
    /// agent may have it.
    public var name: String
    /// `push_stream.url`
    public var pushStream: PushStreamAddress
    /// `push_stream.timeout`: for connecting, and for the silence while requests are in flight.
    public var pushStreamTimeout = Duration.seconds(10)
    /// `redis.url`
    public var redis: RedisConfiguration
    /// `redis.db.stats_global.prefix`, `redis.db.stats_channel.prefix`
    public var keys = RedisKeys()
    /// `server.host`
    public var host = "0.0.0.0"
    /// `server.port`; 0 lets the system choose.
    public var port = 8090
    public var subscription = SubscriptionSettings()
    public var statistics = StatisticsSettings()

    public init(name: String, pushStream: PushStreamAddress, redis: RedisConfiguration) {
        self.name = name
        self.pushStream = pushStream
        self.redis = redis
    }

    /// - Parameters:
    ///   - values: loaded by ``schema``.
    ///   - hostName: the agent's name if none is configured.
    /// - Throws: `ConfigurationError` with the key of the value that cannot be used.
    public init(values: ConfigurationValues, hostName: String = ProcessInfo.processInfo.hostName) throws(ConfigurationError) {
        let address = PushStreamAddress(try values.string("push_stream.url"))
        guard let address else {
            throw Self.error("push_stream.url", "expected http://host:port or unix:/path/to.sock")
        }
        let redis: RedisConfiguration
        do {
            redis = try RedisConfiguration(url: try values.string("redis.url"))
        } catch let error as RedisURLError {
            throw Self.error("redis.url", error.description)
        } catch {
            throw Self.error("redis.url", "is not set")
        }
        let configured = try values.optionalString("agent.name") ?? ""
        self.init(name: configured.isEmpty ? hostName : configured, pushStream: address, redis: redis)
        guard Self.isName(self.name) else {
            throw Self.error("agent.name", "expected 1 to 200 characters without whitespace and control characters")
        }
        self.pushStreamTimeout = try values.duration("push_stream.timeout")
        self.keys.globalStatisticsPrefix = try values.string("redis.db.stats_global.prefix")
        self.keys.channelStatisticsPrefix = try values.string("redis.db.stats_channel.prefix")
        self.host = try values.string("server.host")
        self.port = try values.int("server.port")
        let areEnabled = try values.bool("workers.enabled")
        let delivers = try values.bool("workers.subscription.enabled")
        self.subscription.isEnabled = areEnabled && delivers
        self.subscription.replayWindow = try values.duration("workers.subscription.replay_window")
        self.subscription.batchSize = try values.int("workers.subscription.batch_size")
        self.subscription.inFlightMessages = try values.int("workers.subscription.in_flight_messages")
        self.subscription.inFlightBytes = try values.bytes("workers.subscription.in_flight_bytes")
        self.subscription.failureRetries = try values.int("workers.subscription.failure_retries")
        self.subscription.drainTimeout = try values.duration("workers.subscription.drain_timeout")
        let reports = try values.bool("workers.stats.enabled")
        self.statistics.isEnabled = areEnabled && reports
        self.statistics.interval = try values.duration("workers.stats.interval")
        self.statistics.expiration = try values.duration("workers.stats.expiration")
        self.statistics.sampleInterval = try values.duration("workers.stats.sample_interval")
        guard self.statistics.expiration > self.statistics.interval else {
            throw Self.error(
                "workers.stats.expiration", "must be longer than workers.stats.interval, else statistics come and go")
        }
    }

    private static func isName(_ name: String) -> Bool {
        (1...200).contains(name.utf8.count)
            && name.unicodeScalars.allSatisfy { !$0.properties.isWhitespace && $0.properties.generalCategory != .control }
    }

    private static func error(_ key: String, _ message: String) -> ConfigurationError {
        ConfigurationError([.init(key: key, source: "PUSHAGENT", message: message)])
    }
}

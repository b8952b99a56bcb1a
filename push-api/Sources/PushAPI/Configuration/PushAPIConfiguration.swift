import PushModels
import PushRedis
import PushRuntime

/// Everything that push-api can be told.
public struct PushAPIConfiguration: Sendable {
    struct Authentication: Sendable {
        let user: String
        let password: String
    }

    struct Worker: Sendable {
        let isEnabled: Bool
        let interval: Duration
    }

    struct Lock: Sendable {
        let key: String
        let timeout: Duration
    }

    /// `nil` when authentication is off.
    let authentication: Authentication?
    /// A folder that replaces the built-in admin page.
    let staticsPath: String?
    let pushStream: PushStreamAddress
    let keys: RedisKeys
    let stream: MessageStream
    /// How long an entry stays in the stream.
    let retention: Duration
    let persistentChannels: Worker
    let persistentChannelsLock: Lock
    let housekeeping: Worker
    let streamMetrics: Worker
    let host: String
    let port: Int
    /// Whose `X-Forwarded-For` counts.
    let trustedProxies: TrustedProxies

    /// What all publishers together may publish; `nil` without limit.
    let limits: RateLimits?

    /// How the Redis client that push-api uses is to be made.
    public let redis: RedisConfiguration

    /// - Throws: `ConfigurationError`, naming each key at fault.
    public init(_ values: ConfigurationValues) throws(ConfigurationError) {
        func invalid(_ key: String, _ message: String) -> ConfigurationError {
            ConfigurationError([.init(key: key, source: "value", message: message)])
        }
        if try values.bool("api.enable_auth") {
            let user = try values.string("api.basic_auth_user")
            // RFC 7617, section 2: the first colon ends the user.
            guard !user.isEmpty, !user.contains(":") else {
                throw invalid("api.basic_auth_user", "must not be empty nor contain ':'")
            }
            self.authentication = Authentication(user: user, password: try values.string("api.basic_auth_password"))
        } else {
            self.authentication = nil
        }
        self.staticsPath = try values.optionalString("api.statics_path").flatMap { $0.isEmpty ? nil : $0 }
        guard let pushStream = PushStreamAddress(url: try values.url("push_stream.url")) else {
            throw invalid("push_stream.url", "expected an http or https URL without user, query and fragment")
        }
        self.pushStream = pushStream
        do {
            var redis = try RedisConfiguration(url: try values.string("redis.url"))
            // A publisher learns within two seconds that Redis is away.
            redis.commandTimeout = .seconds(1)
            redis.connectTimeout = .seconds(1)
            redis.maximumBackoff = .seconds(1)
            redis.clientName = "push-api"
            self.redis = redis
        } catch let error as RedisURLError {
            throw invalid("redis.url", error.description)
        } catch let error as ConfigurationError {
            throw error
        } catch {
            throw invalid("redis.url", "cannot be used")
        }
        self.keys = RedisKeys(
            channelPrefix: try values.string("redis.db.channel.prefix"),
            globalStatisticsPrefix: try values.string("redis.db.stats_global.prefix"),
            channelStatisticsPrefix: try values.string("redis.db.stats_channel.prefix"))
        self.stream = MessageStream(maximumLength: try values.int("redis.stream.max_length"))
        self.retention = try values.duration("redis.stream.retention")
        let workers = try values.bool("workers.enabled")
        self.persistentChannels = Worker(
            isEnabled: try values.bool("workers.persistent_channels.enabled") && workers,
            interval: try values.duration("workers.persistent_channels.interval"))
        self.persistentChannelsLock = Lock(
            key: try values.string("workers.persistent_channels.lock_key"),
            timeout: try values.duration("workers.persistent_channels.lock_timeout"))
        self.housekeeping = Worker(
            isEnabled: try values.bool("workers.housekeeping.enabled") && workers,
            interval: try values.duration("workers.housekeeping.interval"))
        self.streamMetrics = Worker(
            isEnabled: try values.bool("workers.metrics.enabled") && workers,
            interval: try values.duration("workers.metrics.interval"))
        let messagesPerSecond = try values.int("limits.messages_per_second")
        self.limits =
            messagesPerSecond > 0 ? RateLimits(messagesPerSecond: messagesPerSecond, bytesPerSecond: nil) : nil
        self.host = try values.string("server.host")
        self.port = try values.int("server.port")
        do {
            self.trustedProxies = try TrustedProxies(list: try values.string("server.trusted_proxies"))
        } catch let error as InvalidProxyList {
            throw invalid(
                "server.trusted_proxies", "'\(error.entry)' is no network such as 10.0.0.0/8 or fd00::/8 and no address")
        } catch let error as ConfigurationError {
            throw error
        } catch {
            throw invalid("server.trusted_proxies", "cannot be used")
        }
    }
}

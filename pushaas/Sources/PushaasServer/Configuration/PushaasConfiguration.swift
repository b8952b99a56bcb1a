import PushRedis
import PushRuntime
import PushaasProvisioning

/// Everything that pushaas can be told, beside its provider's own settings.
public struct PushaasConfiguration: Sendable {
    /// What tsuru signs in with.
    public struct Authentication: Sendable {
        public let user: String
        public let password: String
    }

    /// The beginnings of the keys in Redis, without the colon. On a Redis Cluster all of them have to contain the same hash tag.
    public struct Prefixes: Sendable {
        public let instance: String
        public let variables: String
        public let appBinding: String
        public let unitBinding: String
        public let job: String
    }

    public struct Workers: Sendable {
        /// Jobs that this process works on at once; 0 for none.
        public let count: Int
        /// How long a lock outlives a worker that is gone.
        public let lockTime: Duration
        /// `nil` when this process takes no part in reconciling.
        public let reconcilerInterval: Duration?
    }

    /// `nil` when authentication is off.
    public let authentication: Authentication?
    public let prefixes: Prefixes
    public let plans: PlanCatalog
    /// The tag that tells this pushaas' resources from another's.
    public let installation: String
    public let workers: Workers
    public let host: String
    public let port: Int
    /// Whose `X-Forwarded-For` counts.
    public let trustedProxies: TrustedProxies
    /// How the Redis client is to be made.
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
        do {
            var redis = try RedisConfiguration(url: try values.string("redis.url"))
            redis.commandTimeout = .seconds(2)
            redis.connectTimeout = .seconds(1)
            redis.maximumBackoff = .seconds(1)
            redis.clientName = "pushaas"
            self.redis = redis
        } catch let error as RedisURLError {
            throw invalid("redis.url", error.description)
        } catch let error as ConfigurationError {
            throw error
        } catch {
            throw invalid("redis.url", "cannot be used")
        }
        self.prefixes = Prefixes(
            instance: try values.string("redis.db.instance.prefix"),
            variables: try values.string("redis.db.instance.vars_prefix"),
            appBinding: try values.string("redis.db.bind_app.prefix"),
            unitBinding: try values.string("redis.db.bind_unit.prefix"), job: try values.string("redis.db.job.prefix"))
        let all = [
            self.prefixes.instance, self.prefixes.variables, self.prefixes.appBinding, self.prefixes.unitBinding,
            self.prefixes.job,
        ]
        guard Set(all).count == all.count, !all.contains("") else {
            throw invalid("redis.db", "the five prefixes must differ and must not be empty")
        }
        self.plans = try Self.plans(values)
        let installation = try values.string("provisioner.installation")
        let allowed = "abcdefghijklmnopqrstuvwxyz0123456789-"
        guard (1...40).contains(installation.count), installation.allSatisfy(allowed.contains) else {
            throw invalid("provisioner.installation", "give 1 to 40 lower-case letters, digits and hyphens")
        }
        self.installation = installation
        let works = try values.bool("workers.enabled")
        let reconciles = try values.bool("workers.reconciler.enabled") && works
        let interval = try values.duration("workers.reconciler.interval")
        self.workers = Workers(
            count: works ? try values.int("workers.count") : 0, lockTime: try values.duration("workers.lock_timeout"),
            reconcilerInterval: reconciles ? interval : nil)
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

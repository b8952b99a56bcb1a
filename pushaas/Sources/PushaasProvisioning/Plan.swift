/// How big an instance is: what it runs on, and what it lets through.
public struct Plan: Sendable, Hashable, Codable {
    /// What one task of a component may use.
    public struct Size: Sendable, Hashable, Codable {
        /// Thousandths of a processor: 250 is a quarter.
        public var cpu: Int
        /// MiB.
        public var memory: Int

        public init(cpu: Int, memory: Int) {
            self.cpu = cpu
            self.memory = memory
        }
    }

    /// What push-redis keeps when its task ends.
    public enum Persistence: String, Sendable, Hashable, Codable, CaseIterable {
        /// Nothing: channels and what was not delivered yet are gone.
        case ephemeral
        /// Everything: its append-only file lies on a volume.
        case persistent
    }

    /// What is enforced, by push-stream and push-api. 0 is no limit.
    public struct Limits: Sendable, Hashable, Codable {
        /// Subscribers at a time, of the whole instance.
        public var subscribers: Int
        /// Messages that all publishers together may publish in a second.
        public var messagesPerSecond: Int
        /// Messages that push-stream keeps per channel. At least 1.
        public var historyMessages: Int
        /// Seconds for which it keeps them. At least 1.
        public var historySeconds: Int

        public init(subscribers: Int, messagesPerSecond: Int, historyMessages: Int, historySeconds: Int) {
            self.subscribers = subscribers
            self.messagesPerSecond = messagesPerSecond
            self.historyMessages = historyMessages
            self.historySeconds = historySeconds
        }
    }

    /// As users type it: `small`.
    public var name: String
    /// One sentence, shown by `tsuru service plan list`.
    public var description: String
    /// Tasks of push-stream, each with a push-agent of its own. At least 1.
    public var streamTasks: Int
    /// Tasks of push-api. At least 1.
    public var apiTasks: Int
    /// Of one push-stream.
    public var stream: Size
    /// Of one push-agent.
    public var agent: Size
    /// Of one push-api.
    public var api: Size
    /// Of push-redis.
    public var redis: Size
    public var persistence: Persistence
    public var limits: Limits

    public init(
        name: String, description: String, streamTasks: Int, apiTasks: Int, stream: Size, agent: Size, api: Size, redis: Size,
        persistence: Persistence, limits: Limits
    ) {
        self.name = name
        self.description = description
        self.streamTasks = streamTasks
        self.apiTasks = apiTasks
        self.stream = stream
        self.agent = agent
        self.api = api
        self.redis = redis
        self.persistence = persistence
        self.limits = limits
    }

    /// The subscribers that one push-stream may have, so that all together have no more than the plan's. 0 is no limit.
    public var subscribersPerStreamTask: Int {
        self.limits.subscribers == 0 ? 0 : max(1, self.limits.subscribers / max(1, self.streamTasks))
    }
}

import Logging
import PushRedis
import PushaasProvisioning

/// A hint that there is something to do for an instance. What that is, its record tells.
struct Job: Sendable, Hashable, Codable {
    var kind: JobKind
    var id: InstanceID
    var name: String
}

/// The jobs of all instances: a stream that the workers of all pushaas processes read as one consumer group, and a set of jobs that wait for
/// their time.
///
/// An entry stays in the stream until it is done with, so the stream is as long as there is work. Times are those of Redis' clock.
struct JobQueue: Sendable {
    static let group = "workers"
    /// How many delayed jobs become due in one step.
    private static let promotions = 100

    /// A job that a consumer has got.
    struct Entry: Sendable, Hashable {
        /// Of the stream's entry.
        var id: String
        /// `nil` if it cannot be read.
        var job: Job?

        init(_ entry: RedisStreamEntry) {
            self.id = entry.id
            func text(_ field: String) -> String? { entry[field].map { String(decoding: $0, as: UTF8.self) } }
            guard let kind = text("kind").flatMap(JobKind.init(rawValue:)),
                let id = text("id").flatMap(InstanceID.init(rawValue:)),
                let name = text("name")
            else { return }
            self.job = Job(kind: kind, id: id, name: name)
        }
    }

    let redis: RedisClient
    /// A client of its own: reading blocks its connection.
    let reader: RedisClient
    let keys: InstanceKeys
    let consumer: String

    /// New jobs, oldest first. Do not cancel the task: see `xreadgroup`.
    func read(count: Int, block: Duration) async throws -> [Entry] {
        do {
            let entries = try await self.reader.xreadgroup(
                self.keys.jobs, group: Self.group, consumer: self.consumer, count: count, block: block)
            return entries.map { Entry($0) }
        } catch {
            // The first start, or a Redis that has lost its data.
            guard error.code == .server("NOGROUP") else { throw error }
            try await self.redis.xgroupCreate(self.keys.jobs, group: Self.group)
            return []
        }
    }

    /// Jobs whose workers have not been heard of for `idle`.
    func takeOver(idle: Duration, count: Int) async throws -> [Entry] {
        var (entries, start): ([RedisStreamEntry], String) = ([], "0-0")
        repeat {
            let step: (entries: [RedisStreamEntry], next: String)
            do {
                step = try await self.redis.xautoclaim(
                    self.keys.jobs, group: Self.group, consumer: self.consumer, minimumIdle: idle, start: start,
                    count: count - entries.count)
            } catch {
                guard error.code == .server("NOGROUP") else { throw error }
                return []
            }
            entries += step.entries
            start = step.next
        } while start != "0-0" && entries.count < count
        return entries.map { Entry($0) }
    }

    /// The job is done with, unless somebody else has it by now.
    func finish(_ entry: Entry) async throws {
        try await self.redis.run(
            Self.finishScript, keys: [self.keys.jobs], arguments: [Self.group, self.consumer, entry.id])
    }

    /// Puts the job off, unless somebody else has it by now. One that waits already waits no longer than it did.
    func putOff(_ entry: Entry, _ job: Job, for delay: Duration) async throws {
        try await self.redis.run(
            Self.putOffScript, keys: [self.keys.jobs, self.keys.delayedJobs],
            arguments: [
                Self.group, self.consumer, entry.id, try RecordCoding.encode(job), max(0, Int(delay / .milliseconds(1))),
            ])
    }

    /// Adds a job that may have got lost.
    func add(_ job: Job) async throws {
        try await self.redis.send(
            .xadd(
                self.keys.jobs,
                fields: [("kind", job.kind.rawValue), ("id", job.id.rawValue), ("name", job.name)].map {
                    .init(name: $0, value: Array($1.utf8))
                }, maximumLength: InstanceRepository.maximumJobs))
    }

    /// Moves the jobs whose time has come to the stream.
    ///
    /// - Returns: how long until the next one's; `nil` if there is none.
    @discardableResult
    func promote() async throws -> Duration? {
        let reply = try await self.redis.run(
            Self.promoteScript, keys: [self.keys.delayedJobs, self.keys.jobs],
            arguments: [Self.promotions, InstanceRepository.maximumJobs])
        guard let milliseconds = reply.int, milliseconds >= 0 else { return nil }
        return .milliseconds(milliseconds)
    }

    /// Forgets consumers of processes that are gone and had no job: each process has a name of its own.
    func removeIdleConsumers(idle: Duration) async throws {
        let reply = try await self.redis.send(RedisCommand("XINFO", "CONSUMERS", self.keys.jobs, Self.group))
        for consumer in (reply.array ?? []).compactMap(\.fields) {
            guard let name = consumer["name"], name != self.consumer, consumer["pending"] == "0",
                let milliseconds = consumer["idle"].flatMap(Int.init), .milliseconds(milliseconds) >= idle
            else { continue }
            try await self.redis.run(
                Self.removeConsumerScript, keys: [self.keys.jobs], arguments: [Self.group, name])
        }
    }

    struct Figures: Sendable, Hashable {
        /// Jobs that nobody has got.
        var waiting: Int
        /// Jobs that a worker has.
        var running: Int
        /// Jobs that wait for their time.
        var delayed: Int
        /// Age of the oldest job that is waiting or running, in milliseconds; 0 if there is none.
        var oldest: Int
    }

    static func figures(redis: RedisClient, keys: InstanceKeys) async throws -> Figures {
        let reply = try await redis.run(Self.figuresScript, keys: [keys.jobs, keys.delayedJobs], arguments: [Self.group])
        let numbers = (reply.array ?? []).compactMap(\.int)
        guard numbers.count == 4 else { return Figures(waiting: 0, running: 0, delayed: 0, oldest: 0) }
        return Figures(
            waiting: max(0, numbers[0] - numbers[1]), running: numbers[1], delayed: numbers[2], oldest: max(0, numbers[3]))
    }

    // MARK: Scripts

    /// A worker that was cut off must not end the claim of the one that has taken over. KEYS: stream. ARGV: group, consumer, entry.
    private static let ownsEntry = """
        local function owns(stream, group, consumer, entry)
          local pending = redis.call('XPENDING', stream, group, entry, entry, 1)
          return #pending == 1 and pending[1][2] == consumer
        end

        """

    /// Acknowledges and deletes in one step: what is acknowledged and still there would never be given to anybody. KEYS: stream. ARGV: group,
    /// consumer, entry.
    private static let finishScript = RedisScript(
        ownsEntry + """
            if not owns(KEYS[1], ARGV[1], ARGV[2], ARGV[3]) then return 0 end
            redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
            return redis.call('XDEL', KEYS[1], ARGV[3])
            """)

    /// The job is in the stream or among the delayed ones at every moment. KEYS: stream, delayed. ARGV: group, consumer, entry, job,
    /// milliseconds.
    private static let putOffScript = RedisScript(
        ownsEntry + """
            if not owns(KEYS[1], ARGV[1], ARGV[2], ARGV[3]) then return 0 end
            local time = redis.call('TIME')
            local due = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000) + tonumber(ARGV[5])
            local waits = redis.call('ZSCORE', KEYS[2], ARGV[4])
            if not waits or tonumber(waits) > due then redis.call('ZADD', KEYS[2], due, ARGV[4]) end
            redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
            redis.call('XDEL', KEYS[1], ARGV[3])
            return 1
            """)

    /// By Redis' clock, so that the clocks of the processes do not matter. KEYS: delayed, stream. ARGV: how many, maximum of jobs. Returns
    /// milliseconds until the next is due, -1 if there is none.
    private static let promoteScript = RedisScript(
        """
        local time = redis.call('TIME')
        local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
        for _, text in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])) do
          redis.call('ZREM', KEYS[1], text)
          local readable, job = pcall(cjson.decode, text)
          if readable and type(job) == 'table' and job.kind and job.id and job.name then
            redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], '*', 'kind', job.kind, 'id', job.id, 'name', job.name)
          end
        end
        local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
        if #first == 0 then return -1 end
        return math.max(0, tonumber(first[2]) - now)
        """)

    /// Unless it has got a job meanwhile, which would be lost with it. KEYS: stream. ARGV: group, consumer.
    private static let removeConsumerScript = RedisScript(
        """
        if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) > 0 then return 0 end
        return redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
        """)

    /// All figures are of one moment. KEYS: stream, delayed. ARGV: group. Returns length, pending, delayed, age of the oldest.
    private static let figuresScript = RedisScript(
        """
        local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1])
        pending = pending.err and 0 or pending[1]
        local time = redis.call('TIME')
        local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
        local first = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)
        local age = 0
        if #first > 0 then age = now - tonumber(string.match(first[1][1], '^%d+')) end
        return {redis.call('XLEN', KEYS[1]), pending, redis.call('ZCARD', KEYS[2]), age}
        """)
}

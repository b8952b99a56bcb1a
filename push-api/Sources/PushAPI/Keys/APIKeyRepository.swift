import FoundationEssentials
import Logging
import PushModels
import PushRedis

/// The API keys in Redis: one hash, so that every change is one step of one key.
///
/// The field `<id>` holds an ``APIKeyRecord`` as JSON, the field `<id>.used` when the key was used last (milliseconds since 1970): apart,
/// because the latter is written by every push-api and must not bring a rotated secret back.
struct APIKeyRepository: Sendable {
    static let maximumKeys = 1000
    /// How exactly the last use is known, in milliseconds.
    static let usageInterval = 60_000

    struct Listed: Sendable {
        let record: APIKeyRecord
        /// Milliseconds since 1970.
        let lastUsed: Int?
    }

    enum CreationOutcome: Sendable {
        /// The record, and the key itself, which cannot be had again.
        case created(APIKeyRecord, text: String)
        case tooMany
        /// There is another key with the id of the one that was to be had back.
        case taken
    }

    let redis: RedisClient
    let logger: Logger

    /// Makes a key, or one that was revoked or lost anew as it was. The latter can be repeated.
    func create(_ request: CreateKeyRequest) async throws -> CreationOutcome {
        while true {
            let former = request.key.flatMap { text in APIKeyToken(text.utf8).map { (token: $0, text: text) } }
            let (token, text) = former ?? APIKeyToken.make(id: APIKeyToken.makeID())
            let id = token.id
            let now = Timestamp.now()
            let record = APIKeyRecord(id: id, request, token: token, now: now)
            let reply = try await self.redis.run(
                Self.createScript, keys: [RedisKeys.apiKeys],
                arguments: [id, try record.encoded(), Self.maximumKeys, now - APIKeyRecord.listedAfterExpiry])
            switch reply.int {
            case 1: return .created(record, text: text)
            case 0: return .tooMany
            // The id is taken.
            default:
                guard former != nil else { continue }
                guard let existing = try await self.get(id)?.record else { continue }
                let isSame = existing.validSecrets(at: now).contains {
                    SecretDigest(hexadecimal: $0.sha256)?.matches(token.digest) == true
                }
                return isSame ? .created(existing, text: text) : .taken
            }
        }
    }

    /// The record as it is stored, for signing in.
    ///
    /// - Returns: `nil` if there is no such key.
    func json(_ id: String) async throws(RedisError) -> [UInt8]? {
        try await self.redis.hget(RedisKeys.apiKeys, id)
    }

    /// - Returns: `nil` if there is no such key, or it expired more than a day ago.
    func get(_ id: String) async throws -> Listed? {
        let values = try await self.redis.hmget(RedisKeys.apiKeys, [id, Self.usageField(id)])
        guard values.count == 2, let json = values[0] else { return nil }
        let record = try APIKeyRecord(json: json)
        return record.isListed(at: Timestamp.now()) ? Listed(record: record, lastUsed: Self.time(values[1])) : nil
    }

    /// All keys, oldest first.
    func list() async throws -> [Listed] {
        let fields = try await self.redis.hgetall(RedisKeys.apiKeys)
        let now = Timestamp.now()
        var keys: [Listed] = []
        for (field, value) in fields where APIKeyToken.isID(field) {
            guard let record = try? APIKeyRecord(json: value) else {
                self.logger.warning("API key is not readable and is left out", metadata: ["key": "\(field)"])
                continue
            }
            guard record.isListed(at: now) else { continue }
            keys.append(Listed(record: record, lastUsed: Self.time(fields[Self.usageField(field)])))
        }
        return keys.sorted { ($0.record.created, $0.record.id) < ($1.record.created, $1.record.id) }
    }

    /// - Returns: Whether it existed.
    func delete(_ id: String) async throws -> Bool {
        try await self.redis.run(Self.deleteScript, keys: [RedisKeys.apiKeys], arguments: [id]).int == 1
    }

    /// Gives a key a new secret.
    ///
    /// - Parameter previousTTL: How long the secret of until now stays valid, in milliseconds.
    /// - Returns: `nil` if there is no such key, or it has expired.
    func rotate(_ id: String, previousTTL: Int) async throws -> (key: Listed, text: String)? {
        let (token, text) = APIKeyToken.make(id: id)
        while true {
            let values = try await self.redis.hmget(RedisKeys.apiKeys, [id, Self.usageField(id)])
            guard values.count == 2, let json = values[0] else { return nil }
            var record = try APIKeyRecord(json: json)
            let now = Timestamp.now()
            guard !record.isExpired(at: now) else { return nil }
            record.rotate(to: token, previousTTL: previousTTL, now: now)
            let reply = try await self.redis.run(
                Self.replaceScript, keys: [RedisKeys.apiKeys], arguments: [id, json, try record.encoded()])
            // Else somebody has changed the record meanwhile.
            if reply.int == 1 { return (Listed(record: record, lastUsed: Self.time(values[1])), text) }
        }
    }

    /// Notes that a key was used, at most once a minute however many push-apis say so.
    func recordUse(_ id: String, at time: Int) async throws(RedisError) {
        try await self.redis.run(
            Self.usageScript, keys: [RedisKeys.apiKeys], arguments: [id, Self.usageField(id), time, Self.usageInterval])
    }

    private static func usageField(_ id: String) -> String { "\(id).used" }

    private static func time(_ value: [UInt8]?) -> Int? {
        value.flatMap { Int(String(decoding: $0, as: UTF8.self)) }
    }

    /// Removes keys that expired long ago, then adds one if there is room. 1: added, 0: no room, -1: the id is taken.
    private static let createScript = RedisScript(
        """
        local fields = redis.call('HGETALL', KEYS[1])
        local count = 0
        for i = 1, #fields, 2 do
          if not string.find(fields[i], '.', 1, true) then
            local readable, record = pcall(cjson.decode, fields[i + 1])
            local expires = readable and type(record) == 'table' and record.expires
            if type(expires) == 'number' and expires <= tonumber(ARGV[4]) then
              redis.call('HDEL', KEYS[1], fields[i], fields[i] .. '.used')
            else
              count = count + 1
            end
          end
        end
        if count >= tonumber(ARGV[3]) then return 0 end
        if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 0 then return -1 end
        return 1
        """)

    private static let deleteScript = RedisScript(
        """
        local existed = redis.call('HDEL', KEYS[1], ARGV[1])
        redis.call('HDEL', KEYS[1], ARGV[1] .. '.used')
        return existed
        """)

    /// Compare and set.
    private static let replaceScript = RedisScript(
        """
        if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
        redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
        return 1
        """)

    /// A clock that was wrong for a while must not hold the time back for ever, hence the distance in either direction.
    private static let usageScript = RedisScript(
        """
        if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
        local last = tonumber(redis.call('HGET', KEYS[1], ARGV[2]) or 0) or 0
        if math.abs(tonumber(ARGV[3]) - last) < tonumber(ARGV[4]) then return 0 end
        redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
        return 1
        """)
}

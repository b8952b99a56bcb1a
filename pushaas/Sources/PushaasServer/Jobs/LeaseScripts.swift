import PushRedis

/// The scripts of workers.
enum LeaseScripts {
    /// What each write asks first. KEYS: lock, record, ... ARGV: token, id, ...
    private static let check = """
        if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lost' end
        if redis.call('HGET', KEYS[2], 'id') ~= ARGV[2] then return 'gone' end

        """

    /// Deletes the lock if it is still the worker's own.
    static let release = RedisScript(
        "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end")

    /// Renews lock and claim together, so that nobody takes over a job whose instance is worked on, and tells where the record is, so that the
    /// worker learns of a destruction without another question. The claim is taken for the consumer that has the lock, whoever had it.
    ///
    /// KEYS: lock, record, destroyed record, stream. ARGV: token, id, milliseconds, entry or empty, group, consumer.
    static let renew = RedisScript(
        """
        if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'lost' end
        redis.call('PEXPIRE', KEYS[1], ARGV[3])
        if ARGV[4] ~= '' and redis.call('EXISTS', KEYS[4]) == 1 then
          redis.pcall('XCLAIM', KEYS[4], ARGV[5], ARGV[6], 0, ARGV[4], 'JUSTID')
        end
        if redis.call('HGET', KEYS[2], 'id') == ARGV[2] then return 'live' end
        if redis.call('EXISTS', KEYS[3]) == 1 then return 'destroyed' end
        return 'nowhere'
        """)

    /// Changes fields of several hashes: status, progress and outputs fit together at every moment.
    ///
    /// KEYS: lock, record, progress, variables. ARGV: token, id, status that is meant or empty, then four for each change: which key, `set` or `remove`, field, value.
    static let write = RedisScript(
        check + """
            if ARGV[3] ~= '' and redis.call('HGET', KEYS[2], 'status') ~= ARGV[3] then return 'changed' end
            for i = 4, #ARGV, 4 do
              local key = KEYS[tonumber(ARGV[i])]
              if ARGV[i + 1] == 'set' then
                redis.call('HSET', key, ARGV[i + 2], ARGV[i + 3])
              else
                redis.call('HDEL', key, ARGV[i + 2])
              end
            end
            return 'written'
            """)

    /// Adds a line and drops the oldest beyond the bound. KEYS: lock, record, log. ARGV: token, id, line, bound.
    static let log = RedisScript(
        check + """
            redis.call('RPUSH', KEYS[3], ARGV[3])
            redis.call('LTRIM', KEYS[3], -tonumber(ARGV[4]), -1)
            return 'written'
            """)

    /// Deletes all of a destroyed instance but its log, and notes its id among those that are gone: whatever bears that id later was made by a
    /// worker that had been cut off, and may be removed.
    ///
    /// KEYS: lock, destroyed record, destroyed ids, progress, log, gone. ARGV: token, id, now, seconds for the log, oldest time to remember.
    static let forget = RedisScript(
        check + """
            redis.call('DEL', KEYS[2], KEYS[4])
            redis.call('HDEL', KEYS[3], ARGV[2])
            redis.call('EXPIRE', KEYS[5], ARGV[4])
            redis.call('ZADD', KEYS[6], ARGV[3], ARGV[2])
            redis.call('ZREMRANGEBYSCORE', KEYS[6], '-inf', ARGV[5])
            return 'written'
            """)
}

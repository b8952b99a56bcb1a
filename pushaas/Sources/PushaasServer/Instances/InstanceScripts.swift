import PushRedis

/// The scripts behind what users ask for. Each writes the intent and the job in one step.
enum InstanceScripts {
    /// Adds a job at the end of the stream, which is kept short. A job that falls out is added again by the reconciler.
    private static let addJob = """
        local function addJob(stream, maximum, kind, id, name)
          redis.call('XADD', stream, 'MAXLEN', '~', maximum, '*', 'kind', kind, 'id', id, 'name', name)
        end

        """

    /// Creates a record unless the name is taken. A repetition of the same creation, whose first answer was lost, succeeds without a second job.
    /// One that was given up meanwhile comes too late.
    ///
    /// KEYS: record, variables, index, stream, mark of a creation that was given up. ARGV: id, name, created, maximum of jobs, number of the record's fields and values, these, then
    /// the fields and values of the variables. Returns 1, or 0 if the name is taken.
    static let create = RedisScript(
        addJob + """
            local owner = redis.call('HGET', KEYS[1], 'id')
            if owner == ARGV[1] then return 1 end
            if redis.call('EXISTS', KEYS[1]) == 1 or redis.call('EXISTS', KEYS[5]) == 1 then return 0 end
            local last = 5 + tonumber(ARGV[5])
            for i = 6, last, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
            redis.call('DEL', KEYS[2])
            for i = last + 1, #ARGV, 2 do redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1]) end
            redis.call('ZADD', KEYS[3], ARGV[3], ARGV[2])
            addJob(KEYS[4], ARGV[4], 'create', ARGV[1], ARGV[2])
            return 1
            """)

    /// Moves a record to the destroyed ones and frees its name: from this step on all that the name had is gone, binds too, and no write that is
    /// meant for this id finds the record.
    ///
    /// KEYS: record, variables, index, destroyed record, destroyed ids, binds of apps, of jobs, of units, stream. ARGV: id, name, time,
    /// maximum of jobs. Returns 1, or 0 if the record is not there or has another id by now.
    static let destroy = RedisScript(addJob + destruction)

    /// Gives a creation up of which it is not known whether it was carried out, or will be: the same as ``destroy``, and none of that id
    /// succeeds any more.
    ///
    /// KEYS and ARGV: those of ``destroy``, then the mark and for how many seconds it stays.
    static let abandon = RedisScript(addJob + "redis.call('SET', KEYS[10], '1', 'EX', ARGV[5])\n" + destruction)

    private static let destruction = """
        if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then return 0 end
        local record = redis.call('HGETALL', KEYS[1])
        for i = 1, #record, 2 do redis.call('HSET', KEYS[4], record[i], record[i + 1]) end
        local variables = redis.call('HGETALL', KEYS[2])
        for i = 1, #variables, 2 do redis.call('HSET', KEYS[4], 'vars.' .. variables[i], variables[i + 1]) end
        redis.call('HSET', KEYS[4], 'destroyed', ARGV[3])
        redis.call('HSET', KEYS[4], 'leftovers', '[]')
        redis.call('HDEL', KEYS[4], 'failure')
        redis.call('HSET', KEYS[5], ARGV[1], ARGV[2])
        redis.call('ZREM', KEYS[3], ARGV[2])
        redis.call('DEL', KEYS[1], KEYS[2], KEYS[6], KEYS[7], KEYS[8])
        addJob(KEYS[9], ARGV[4], 'destroy', ARGV[1], ARGV[2])
        return 1
        """

    /// Lets a running instance get another plan. Asked again for the plan that is on its way, it accepts that. What an earlier change has noted of its steps is of no use any more and goes.
    ///
    /// KEYS: record, progress, stream. ARGV: id, name, plan, maximum of jobs. Returns `accepted`, `unchanged`, `absent` or the status that
    /// forbids it.
    static let requestPlan = RedisScript(
        addJob + """
            if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then return 'absent' end
            local status = redis.call('HGET', KEYS[1], 'status')
            if status == 'updating' and redis.call('HGET', KEYS[1], 'target_plan') == ARGV[3] then return 'accepted' end
            if status ~= 'running' then return status end
            if redis.call('HGET', KEYS[1], 'plan') == ARGV[3] then return 'unchanged' end
            redis.call('HSET', KEYS[1], 'target_plan', ARGV[3], 'status', 'updating', 'leftovers', '[]')
            for _, step in ipairs(redis.call('HKEYS', KEYS[2])) do
              if step == 'job' or string.sub(step, 1, 7) == 'update:' then redis.call('HDEL', KEYS[2], step) end
            end
            addJob(KEYS[3], ARGV[4], 'update', ARGV[1], ARGV[2])
            return 'accepted'
            """)

    /// Changes what is of no matter to a provider. KEYS: record. ARGV: id, fields and values. Returns 1, or 0 if it is another instance by now.
    static let changeFields = RedisScript(
        """
        if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then return 0 end
        for i = 2, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
        return 1
        """)

    /// Has a failed creation tried again. Steps that could not be undone are known to the progress, and creating goes on from them. One that is
    /// under way gets another job, for the case that its own was lost.
    ///
    /// KEYS: record, progress, stream. ARGV: id, name, maximum of jobs. Returns `accepted`, `absent`, or the status.
    static let retry = RedisScript(
        addJob + """
            if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then return 'absent' end
            local status = redis.call('HGET', KEYS[1], 'status')
            if status ~= 'failed' and status ~= 'pending' then return status end
            if status == 'failed' then
              redis.call('HSET', KEYS[1], 'status', 'pending', 'leftovers', '[]')
              redis.call('HDEL', KEYS[1], 'failure')
              redis.call('HDEL', KEYS[2], 'job')
            end
            addJob(KEYS[3], ARGV[3], 'create', ARGV[1], ARGV[2])
            return 'accepted'
            """)

    /// Adds a job for what was destroyed, with new patience, if the last one has given up. One that is at it is left alone: who asks again and
    /// again must not make it begin anew each time. KEYS: destroyed record, progress, stream. ARGV: id, name, maximum of jobs. Returns 1, or 0
    /// if nothing is left of it.
    static let retryDestroyed = RedisScript(
        addJob + """
            if redis.call('HGET', KEYS[1], 'id') ~= ARGV[1] then return 0 end
            local job = redis.call('HGET', KEYS[2], 'job')
            if job and cjson.decode(job).state ~= 'failed' then return 1 end
            redis.call('HDEL', KEYS[2], 'job')
            addJob(KEYS[3], ARGV[3], 'destroy', ARGV[1], ARGV[2])
            return 1
            """)
}

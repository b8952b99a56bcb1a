import PushRedis
import PushTestSupport
import PushaasProvisioning
import Testing

@testable import PushaasServer

@Suite(.serialized) struct InstanceLeaseTests {
    private static var someChanges: InstanceLease.Changes {
        var changes = InstanceLease.Changes()
        changes.set(.record, "status", "running")
        changes.set(.variables, "api.url", "http://a")
        changes.set(.progress, "step:one", "{}")
        changes.remove(.record, "failure")
        return changes
    }

    private static func dump(_ instances: Instances) async throws -> [String: String] {
        var contents: [String: String] = [:]
        for key in try await instances.allKeys() where !key.hasPrefix("job:lock") {
            // Redis tells the fields of a large hash in any order.
            let fields = try? await instances.redis.hgetall(key).mapValues { String(decoding: $0, as: UTF8.self) }
            if let fields, !fields.isEmpty {
                contents[key] = "\(fields.sorted { $0.key < $1.key })"
                continue
            }
            let type = try await instances.redis.send(RedisCommand("TYPE", key)).string
            let command =
                switch type {
                case "list": RedisCommand("LRANGE", key, 0, -1)
                case "zset": RedisCommand("ZRANGE", key, 0, -1)
                default: RedisCommand("TYPE", key)
                }
            contents[key] = "\(try await instances.redis.send(command))"
        }
        return contents
    }

    @Test func theHolderWritesAllAtOnce() async throws {
        try await withInstances { instances in
            let created = try #require(try await instances.create())
            let lease = try #require(try await instances.lease(created))
            #expect(try await instances.lease(created) == nil)
            #expect(try await lease.write(.live, Self.someChanges) == .written)
            let read = try #require(try await instances.repository.instance("mychat"))
            #expect(read.status == .running && read.outputs == ["api.url": "http://a"] && read.secrets == created.secrets)
            try await lease.release()
            #expect(try await instances.lease(created) != nil)
        }
    }

    @Test func aWorkerWhoseLockIsTakenChangesNothing() async throws {
        try await withInstances { instances in
            let created = try #require(try await instances.create())
            let stale = try #require(try await instances.lease(created))
            // Its lock has run out, and another worker has it.
            try await instances.redis.delete(instances.keys.lock(created.id))
            let current = try #require(try await instances.lease(created))
            let before = try await Self.dump(instances)
            #expect(try await stale.write(.live, Self.someChanges) == .lost)
            #expect(try await stale.log(.live, JobLogLine(time: 1, level: .info, text: "x")) == .lost)
            #expect(try await stale.renew() == nil)
            #expect(try await stale.forget() == .lost)
            try await stale.release()
            #expect(try await Self.dump(instances) == before)
            #expect(try await current.renew() == .live)
        }
    }

    @Test func noWorkerBringsADestroyedRecordBack() async throws {
        try await withInstances { instances in
            let created = try #require(try await instances.create())
            let lease = try #require(try await instances.lease(created))
            _ = try await instances.repository.destroy("mychat")
            #expect(try await lease.renew() == .destroyed)
            let before = try await Self.dump(instances)
            #expect(try await lease.write(.live, Self.someChanges) == .gone)
            #expect(try await lease.log(.live, JobLogLine(time: 1, level: .info, text: "x")) == .gone)
            #expect(try await Self.dump(instances) == before)
            // Nor does it change a new instance of that name.
            let second = try #require(try await instances.create())
            #expect(try await lease.write(.live, Self.someChanges) == .gone)
            #expect(try await instances.repository.instance("mychat") == second)
            // As destroyed it may be written, until nothing is left.
            #expect(try await lease.log(.destroyed, JobLogLine(time: 1, level: .info, text: "x")) == .written)
            #expect(try await lease.forget() == .written)
            #expect(try await lease.forget() == .gone)
            #expect(try await lease.write(.destroyed, Self.someChanges) == .gone)
            #expect(try await lease.renew() == .nowhere)
            #expect(try await instances.repository.instance("mychat") == second)
            #expect(try await !instances.allKeys().contains(instances.keys.destroyed(created.id)))
        }
    }

    @Test func aStatusThatIsNotMeantIsLeftAlone() async throws {
        try await withInstances { instances in
            let created = try #require(try await instances.create())
            let lease = try #require(try await instances.lease(created))
            let before = try await Self.dump(instances)
            #expect(try await lease.write(.live, status: .failed, Self.someChanges) == .changed)
            #expect(try await Self.dump(instances) == before)
            #expect(try await lease.write(.live, status: .pending, Self.someChanges) == .written)
        }
    }

    @Test func renewingKeepsTheLock() async throws {
        try await withInstances { instances in
            let created = try #require(try await instances.create())
            let lease = try #require(try await instances.lease(created))
            try await instances.redis.expire(instances.keys.lock(created.id), after: .seconds(30))
            #expect(try await lease.renew() == .live)
            guard case .remaining(let time) = try await instances.redis.ttl(instances.keys.lock(created.id)) else {
                Issue.record("the lock has no time to live")
                return
            }
            #expect(time > .seconds(30))
        }
    }

    @Test func aLogIsBoundedAndExpiresWhenNothingIsLeft() async throws {
        try await withInstances { instances in
            let created = try #require(try await instances.create())
            let lease = try #require(try await instances.lease(created))
            for number in 0..<510 {
                #expect(try await lease.log(.live, JobLogLine(time: number, level: .info, text: "line \(number)")) == .written)
            }
            let lines = try await instances.progress.log(of: created.id)
            #expect(lines.count == 500 && lines.first?.text == "line 10" && lines.last?.text == "line 509")
            #expect(try await instances.progress.log(of: created.id, lines: 2).map(\.time) == [508, 509])
            _ = try await instances.repository.destroy("mychat")
            _ = try await lease.forget()
            guard case .remaining = try await instances.redis.ttl(instances.keys.log(created.id)) else {
                Issue.record("the log stays for ever")
                return
            }
        }
    }

    @Test func progressIsReadForPeople() async throws {
        try await withInstances { instances in
            let created = try #require(try await instances.create())
            #expect(try await instances.progress.job(of: created.id) == nil)
            let lease = try #require(try await instances.lease(created))
            var job = JobRecord(
                kind: .create, started: 5, worker: "w",
                steps: [.init(name: "network", title: "Make a network"), .init(name: "redis", title: "Start push-redis")])
            job.attempt = 2
            var step = StepRecord(state: .done, started: 6)
            step.finished = 9
            step.attempts = 1
            var changes = InstanceLease.Changes()
            changes.set(.progress, StoredProgress.jobField, try RecordCoding.encode(job))
            changes.set(.progress, StoredProgress.field("network", of: .create), try RecordCoding.encode(step))
            #expect(try await lease.write(.live, changes) == .written)
            let read = try #require(try await instances.progress.job(of: created.id))
            #expect(read.kind == .create && read.state == "running" && read.attempt == 2 && read.worker == "w")
            #expect(read.steps.map(\.state) == [.done, .waiting])
            #expect(read.steps.map(\.title) == ["Make a network", "Start push-redis"])
            #expect(read.steps.map(\.started) == [6, nil] && read.steps.map(\.finished) == [9, nil])
        }
    }
}

import PushRedis
import PushTestSupport
import PushaasProvisioning
import Testing

@testable import PushaasServer

@Suite(.serialized) struct JobQueueTests {
    private static func queue(_ instances: Instances, _ consumer: String) -> JobQueue {
        JobQueue(redis: instances.redis, reader: instances.redis, keys: instances.keys, consumer: consumer)
    }

    private static func figures(_ instances: Instances) async throws -> [Int] {
        let figures = try await JobQueue.figures(redis: instances.redis, keys: instances.keys)
        return [figures.waiting, figures.running, figures.delayed]
    }

    private let job = Job(kind: .create, id: .random(), name: "mychat")

    @Test func eachJobGoesToOneConsumerUntilItIsFinished() async throws {
        try await withInstances { instances in
            let (a, b) = (Self.queue(instances, "a"), Self.queue(instances, "b"))
            #expect(try await Self.figures(instances) == [0, 0, 0])
            try await a.add(self.job)
            // The group is made by the first reading, and has what was there before it.
            #expect(try await a.read(count: 10, block: .milliseconds(10)).isEmpty)
            #expect(try await Self.figures(instances) == [1, 0, 0])
            let entries = try await a.read(count: 10, block: .milliseconds(10))
            #expect(entries.map(\.job) == [self.job])
            #expect(try await b.read(count: 10, block: .milliseconds(10)).isEmpty)
            #expect(try await Self.figures(instances) == [0, 1, 0])
            try await b.finish(entries[0])
            #expect(try await Self.figures(instances) == [0, 1, 0])
            try await a.finish(entries[0])
            #expect(try await Self.figures(instances) == [0, 0, 0])
            #expect(try await instances.redis.xlen(instances.keys.jobs) == 0)
        }
    }

    @Test func whatIsPutOffComesBackOnce() async throws {
        try await withInstances { instances in
            let queue = Self.queue(instances, "a")
            for _ in 0..<3 { try await queue.add(self.job) }
            _ = try await queue.read(count: 1, block: .milliseconds(1))
            let entries = try await queue.read(count: 10, block: .milliseconds(10))
            try await queue.putOff(entries[0], self.job, for: .seconds(3600))
            #expect(try await Self.figures(instances) == [0, 2, 1])
            let long = try #require(try await queue.promote())
            #expect(long > .seconds(3000) && long <= .seconds(3600))
            // The sooner time counts, whichever came first.
            try await queue.putOff(entries[1], self.job, for: .zero)
            try await queue.putOff(entries[2], self.job, for: .seconds(3600))
            #expect(try await Self.figures(instances) == [0, 0, 1])
            #expect(try await queue.promote() == nil)
            #expect(try await queue.read(count: 10, block: .milliseconds(10)).map(\.job) == [self.job])
        }
    }

    @Test func whoeverIsCutOffPutsNothingOff() async throws {
        try await withInstances { instances in
            let (a, b) = (Self.queue(instances, "a"), Self.queue(instances, "b"))
            _ = try await a.read(count: 1, block: .milliseconds(1))
            try await a.add(self.job)
            let entry = try #require(try await a.read(count: 1, block: .milliseconds(10)).first)
            #expect(try await b.takeOver(idle: .seconds(3600), count: 10).isEmpty)
            #expect(try await b.takeOver(idle: .milliseconds(1), count: 10) == [entry])
            try await a.putOff(entry, self.job, for: .zero)
            try await a.finish(entry)
            #expect(try await Self.figures(instances) == [0, 1, 0])
        }
    }

    @Test func aHeartbeatKeepsTheClaim() async throws {
        try await withInstances { instances in
            let (a, b) = (Self.queue(instances, "a"), Self.queue(instances, "b"))
            let instance = try #require(try await instances.create())
            _ = try await a.read(count: 1, block: .milliseconds(1))
            let entry = try #require(try await a.read(count: 1, block: .milliseconds(10)).first)
            let lease = try #require(try await instances.lease(instance))
            // Idle for an hour, as far as Redis knows, and then heard of again.
            try await instances.redis.send(
                RedisCommand("XCLAIM", instances.keys.jobs, JobQueue.group, "a", 0, entry.id, "IDLE", 3_600_000, "JUSTID"))
            #expect(try await lease.renew(entry: entry.id, group: JobQueue.group, consumer: "a") == .live)
            #expect(try await b.takeOver(idle: .seconds(1800), count: 10).isEmpty)
        }
    }

    @Test func namesOfDeadProcessesGo() async throws {
        try await withInstances { instances in
            let (a, b) = (Self.queue(instances, "a"), Self.queue(instances, "b"))
            _ = try await a.read(count: 1, block: .milliseconds(1))
            try await a.add(self.job)
            let entry = try #require(try await a.read(count: 1, block: .milliseconds(10)).first)
            // A consumer exists once it has got something.
            try await b.add(self.job)
            try await b.finish(try #require(try await b.read(count: 1, block: .milliseconds(10)).first))
            func consumers() async throws -> [String] {
                let reply = try await instances.redis.send(
                    RedisCommand("XINFO", "CONSUMERS", instances.keys.jobs, JobQueue.group))
                return (reply.array ?? []).compactMap { $0.fields?["name"] }.sorted()
            }
            // One that has a job stays, since the job would go with it.
            try await b.removeIdleConsumers(idle: .zero)
            #expect(try await consumers() == ["a", "b"])
            try await a.finish(entry)
            try await b.removeIdleConsumers(idle: .seconds(3600))
            #expect(try await consumers() == ["a", "b"])
            try await b.removeIdleConsumers(idle: .zero)
            #expect(try await consumers() == ["b"])
        }
    }
}

import PushRedis
import PushTestSupport
import PushaasProvisioning
import Testing

@testable import PushaasServer

@Suite(.serialized) struct InstanceRepositoryTests {
    @Test func whatIsCreatedCanBeReadAndHasAJob() async throws {
        try await withInstances { instances in
            let created = try #require(try await instances.create())
            let read = try #require(try await instances.repository.instance("mychat"))
            #expect(read == created)
            #expect(read.status == .pending && read.failure == nil && read.targetPlan == nil)
            #expect(read.plan == .test("small") && read.tags == ["a", "b"] && read.team == "t" && read.user == "u@x.org")
            #expect(read.outputs.isEmpty)
            #expect(read.secrets.apiPassword.count == 32 && read.secrets.apiPassword != read.secrets.redisPassword)
            #expect(try await instances.jobs() == [["create", created.id.rawValue, "mychat"]])
            #expect(try await instances.repository.instance("other") == nil)
        }
    }

    @Test func ofFiftyCreationsAtOnceOneSucceeds() async throws {
        try await withInstances { instances in
            let made = try await withThrowingTaskGroup(of: Instance?.self) { group in
                for _ in 0..<50 { group.addTask { try await instances.create() } }
                return try await group.reduce(into: [Instance]()) { made, instance in
                    if let instance { made.append(instance) }
                }
            }
            #expect(made.count == 1)
            #expect(try await instances.repository.instance("mychat") == made.first)
            #expect(try await instances.jobs().count == 1)
        }
    }

    @Test func aRepeatedCreationIsTheSameOne() async throws {
        try await withInstances { instances in
            let created = try #require(try await instances.create())
            // What is sent again when the first answer is lost.
            let reply = try await instances.redis.run(
                InstanceScripts.create,
                keys: [
                    instances.keys.instance("mychat"), instances.keys.variables("mychat"), instances.keys.index,
                    instances.keys.jobs, instances.keys.abandoned(created.id),
                ],
                arguments: [created.id.rawValue, "mychat", created.created, 100, 2, "status", "failed"])
            #expect(reply.int == 1)
            #expect(try await instances.repository.instance("mychat") == created)
            #expect(try await instances.jobs().count == 1)
        }
    }

    @Test func listsAreInTheOrderOfCreationAndLeaveOutWhatCannotBeRead() async throws {
        try await withInstances { instances in
            let names = (0..<250).map { "i\($0)" }
            for name in names { #expect(try await instances.create(name) != nil) }
            // Creations of one millisecond are in the order of their names.
            let listed = try await instances.repository.instances()
            #expect(Set(listed.map(\.name)) == Set(names))
            #expect(listed.map(\.created) == listed.map(\.created).sorted())
            try await instances.redis.send(RedisCommand("HSET", instances.keys.instance("i7"), "status", "strange"))
            #expect(try await instances.repository.instances().count == 249)
            await #expect(throws: UnreadableRecord(key: "instance:i7", field: "status")) {
                try await instances.repository.instance("i7")
            }
        }
    }

    @Test(arguments: InstanceStatus.allCases) func destroyWorksInEveryStatus(_ status: InstanceStatus) async throws {
        try await withInstances { instances in
            let created = try #require(try await instances.create())
            try await instances.set(created, status)
            try await instances.redis.send(RedisCommand("HSET", instances.keys.variables("mychat"), "api.url", "http://a"))
            for key in [instances.keys.bindApps("mychat"), instances.keys.bindJobs("mychat"), instances.keys.bindUnits("mychat")]
            {
                try await instances.redis.send(RedisCommand("HSET", key, "app", "{}"))
            }
            #expect(try await instances.repository.destroy("mychat") == .accepted)
            #expect(try await instances.repository.instance("mychat") == nil)
            #expect(try await instances.repository.instances().isEmpty)
            #expect(
                try await instances.allKeys() == ["instance-destroyed", "instance-destroyed:\(created.id)", "job:stream"])
            #expect(try await instances.jobs().last == ["destroy", created.id.rawValue, "mychat"])
            var expected = created
            expected.status = status
            expected.outputs = ["api.url": "http://a"]
            #expect(try await instances.repository.destroyed(created.id)?.instance == expected)
            #expect(try await instances.repository.destroyed().map(\.id) == [created.id])
        }
    }

    @Test func asLongAsSomethingIsLeftASecondDestroyIsUnderWay() async throws {
        try await withInstances { instances in
            #expect(try await instances.repository.destroy("mychat") == .absent)
            let created = try #require(try await instances.create())
            #expect(try await instances.repository.destroy("mychat") == .accepted)
            #expect(try await instances.repository.destroy("mychat") == .alreadyUnderWay)
            #expect(try await instances.repository.destroy("other") == .absent)
            // Its job is there again, for the case that it was lost.
            #expect(try await instances.jobs().map(\.first) == ["create", "destroy", "destroy"])
            let lease = try #require(try await instances.lease(created))
            #expect(try await lease.forget() == .written)
            try await lease.release()
            #expect(try await instances.repository.destroy("mychat") == .absent)
            #expect(try await instances.allKeys() == ["instance-gone", "job:stream"])
        }
    }

    @Test func ofTwentyDestructionsAtOnceOneIsAccepted() async throws {
        try await withInstances { instances in
            _ = try await instances.create()
            let results = try await withThrowingTaskGroup(of: Destruction.self) { group in
                for _ in 0..<20 { group.addTask { try await instances.repository.destroy("mychat") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(results.filter { $0 == .accepted }.count == 1)
            #expect(results.filter { $0 == .alreadyUnderWay }.count == 19)
        }
    }

    @Test func theNameOfADestroyedInstanceIsFree() async throws {
        try await withInstances { instances in
            let first = try #require(try await instances.create())
            #expect(try await instances.repository.destroy("mychat") == .accepted)
            let second = try #require(try await instances.create())
            #expect(second.id != first.id && second.secrets != first.secrets)
            #expect(try await instances.repository.instance("mychat") == second)
            // Both are destroyed, and both are known until nothing is left of them.
            #expect(try await instances.repository.destroy("mychat") == .accepted)
            #expect(Set(try await instances.repository.destroyed().map(\.id)) == [first.id, second.id])
        }
    }

    @Test func metadataChangesOfTheInstanceThatIsMeantOnly() async throws {
        try await withInstances { instances in
            let first = try #require(try await instances.create())
            #expect(
                try await instances.repository.changeMetadata(
                    name: "mychat", id: first.id, team: "t2", description: "d2", tags: ["c"]))
            let read = try #require(try await instances.repository.instance("mychat"))
            #expect(read.team == "t2" && read.description == "d2" && read.tags == ["c"])
            _ = try await instances.repository.destroy("mychat")
            let second = try #require(try await instances.create())
            #expect(
                try await !instances.repository.changeMetadata(
                    name: "mychat", id: first.id, team: "old", description: "", tags: []))
            #expect(try await !instances.repository.changeDrift(name: "mychat", id: first.id, drift: ["x"]))
            #expect(try await instances.repository.instance("mychat") == second)
            #expect(try await !instances.repository.changeDrift(name: "none", id: first.id, drift: ["x"]))
            #expect(try await !instances.allKeys().contains("instance:none"))
        }
    }

    @Test func anotherPlanIsForRunningInstances() async throws {
        try await withInstances { instances in
            let created = try #require(try await instances.create())
            func request(_ plan: String) async throws -> PlanRequest {
                try await instances.repository.requestPlan(name: "mychat", id: created.id, plan: .test(plan))
            }
            #expect(try await request("medium") == .notRunning(.pending))
            try await instances.set(created, .failed)
            #expect(try await request("medium") == .notRunning(.failed))
            try await instances.set(created, .running)
            #expect(try await request("small") == .unchanged)
            #expect(try await request("medium") == .accepted)
            // The answer was lost, and the user asks again.
            #expect(try await request("medium") == .accepted)
            #expect(try await request("large") == .notRunning(.updating))
            let read = try #require(try await instances.repository.instance("mychat"))
            #expect(read.status == .updating && read.targetPlan == .test("medium") && read.plan == .test("small"))
            #expect(try await instances.jobs().map(\.first) == ["create", "update"])
            #expect(try await instances.repository.requestPlan(name: "none", id: created.id, plan: .test("a")) == .absent)
            _ = try await instances.repository.destroy("mychat")
            #expect(try await request("medium") == .absent)
        }
    }

    @Test func aFailedCreationIsTriedAgain() async throws {
        try await withInstances { instances in
            #expect(try await instances.repository.retry("mychat") == .absent)
            let created = try #require(try await instances.create())
            try await instances.set(created, .running)
            #expect(try await instances.repository.retry("mychat") == .notFailed(.running))
            try await instances.set(created, .failed)
            try await instances.redis.send(RedisCommand("HSET", instances.keys.instance("mychat"), "failure", "no"))
            #expect(try await instances.repository.retry("mychat") == .accepted)
            let read = try #require(try await instances.repository.instance("mychat"))
            #expect(read == created)
            // It is on its way already; another job makes up for a lost one.
            #expect(try await instances.repository.retry("mychat") == .accepted)
            #expect(try await instances.jobs().map(\.first) == ["create", "create", "create"])
            #expect(try await instances.repository.retryDestroyed(created.id) == .absent)
            _ = try await instances.repository.destroy("mychat")
            #expect(try await instances.repository.retryDestroyed(created.id) == .accepted)
        }
    }

    @Test func everyKeyBeginsWithItsPrefix() async throws {
        let keys = InstanceKeys(
            instancePrefix: "{p}i", variablesPrefix: "{p}v", bindAppPrefix: "{p}a", bindUnitPrefix: "{p}u", jobPrefix: "{p}j")
        try await withInstances(keys: keys) { instances in
            let created = try #require(try await instances.create())
            _ = try await instances.create("second")
            #expect(try await instances.repository.destroy("mychat") == .accepted)
            let lease = try #require(try await instances.lease(created))
            _ = try await lease.log(.destroyed, JobLogLine(time: 1, level: .info, text: "x"))
            _ = try await lease.forget()
            #expect(
                try await instances.allKeys() == [
                    "{p}i-gone", "{p}i-index", "{p}i:second", "{p}j:lock:\(created.id)", "{p}j:log:\(created.id)", "{p}j:stream",
                    "{p}v:second",
                ])
        }
    }

    @Test func aCreationThatWasGivenUpComesToNothing() async throws {
        try await withInstances { instances in
            let wish = NewInstance(name: "mychat", plan: .test("small"))
            // It is carried out before it is given up, and after.
            let (early, late) = (InstanceID.random(), InstanceID.random())
            _ = try #require(try await instances.repository.create(wish, id: early))
            try await instances.repository.abandon("mychat", id: early)
            #expect(try await instances.repository.instance("mychat") == nil)
            #expect(try await instances.repository.destroyed().map(\.id) == [early])
            #expect(try await instances.jobs().map(\.first) == ["create", "destroy"])
            #expect(try await instances.repository.create(wish, id: early) == nil)
            try await instances.repository.abandon("mychat", id: late)
            #expect(try await instances.repository.create(wish, id: late) == nil)
            #expect(try await instances.repository.instance("mychat") == nil)
            // Nobody else's is touched.
            let other = try #require(try await instances.create())
            try await instances.repository.abandon("mychat", id: late)
            #expect(try await instances.repository.instance("mychat") == other)
            guard case .remaining = try await instances.redis.ttl(instances.keys.abandoned(late)) else {
                Issue.record("the mark stays for ever")
                return
            }
        }
    }

    @Test func withoutRedisNothingIsCreated() async throws {
        try await withInstances(.init(isAppendOnly: true)) { instances in
            _ = try await instances.create("other")
            try await withRedisClient(instances.server.url, configure: { $0.commandTimeout = .milliseconds(300) }) { hasty in
                let repository = InstanceRepository(redis: hasty, keys: instances.keys, logger: quiet)
                try await hasty.ping(timeout: .seconds(30))
                try await instances.server.kill()
                await #expect(throws: RedisError.self) {
                    try await repository.create(NewInstance(name: "mychat", plan: .test("small")))
                }
                try await instances.server.launch()
                #expect(try await instances.repository.instances().map(\.name) == ["other"])
            }
        }
    }
}

import Foundation
import PushRedis
import PushTestSupport
import PushaasProvisioning
import PushaasTestProvider
import Testing

@testable import PushaasServer

/// How workers share the work, lose it, and leave it.
@Suite(.serialized) struct JobWorkerTests {
    @Test func neverAreTwoWorkersOnOneInstance() async throws {
        try await withInstances { instances in
            struct Use {
                var current: [InstanceID: Int] = [:]
                var most = 0
                var together = 0
            }
            let use = Shared(Use())
            let provider = ScriptedProvider { context in
                let id = context.specification.id
                use.withLock {
                    $0.current[id, default: 0] += 1
                    $0.most = max($0.most, $0.current[id]!)
                    $0.together = max($0.together, $0.current.values.reduce(0, +))
                }
                for _ in 0..<10 { await Task.yield() }
                try await Task.sleep(for: .milliseconds(20))
                use.withLock { $0.current[id, default: 0] -= 1 }
            }
            try await withWorker(instances, provider) {
                try await withWorker(instances, provider) {
                    for number in 0..<12 {
                        let instance = try #require(try await instances.create("i\(number)"))
                        // Jobs may come more than once.
                        let queue = JobQueue(
                            redis: instances.redis, reader: instances.redis, keys: instances.keys, consumer: "test")
                        for _ in 0..<3 { try await queue.add(Job(kind: .create, id: instance.id, name: instance.name)) }
                    }
                    for number in 0..<12 { try await instances.await("i\(number)", .running) }
                    try await instances.awaitQuiet()
                }
            }
            let (most, together) = use.withLock { ($0.most, $0.together) }
            #expect(most == 1)
            #expect(together > 1)
        }
    }

    @Test func aStepThatTakesTooLongIsCancelledAndTriedAgain() async throws {
        try await withInstances { instances in
            let gate = Gate()
            let provider = ScriptedProvider(timeout: .milliseconds(200)) { _ in
                if gate.events.isEmpty { try await gate.pass() }
            }
            try await withWorker(instances, provider) {
                _ = try await instances.create()
                let instance = try await instances.await("mychat", .running)
                #expect(gate.events == [.begun, .cancelled])
                #expect(
                    try await instances.progress.log(of: instance.id).contains {
                        $0.level == .warning && $0.text.hasPrefix("do it failed: it took longer than")
                    })
            }
        }
    }

    @Test func aDestructionCancelsTheStepThatRuns() async throws {
        try await withInstances { instances in
            let gate = Gate()
            try await withWorker(instances, ScriptedProvider { _ in try await gate.pass() }) {
                let instance = try #require(try await instances.create())
                try await eventually(within: .seconds(60)) { gate.events == [.begun] }
                #expect(try await instances.repository.destroy("mychat") == .accepted)
                try await instances.awaitEnd(of: instance.id)
                #expect(gate.events == [.begun, .cancelled])
            }
        }
    }

    @Test func aWorkerWhoseLockIsGoneStopsItsStep() async throws {
        try await withInstances { instances in
            let gate = Gate()
            try await withWorker(instances, ScriptedProvider { _ in try await gate.pass() }) {
                let instance = try #require(try await instances.create())
                try await eventually(within: .seconds(60)) { gate.events == [.begun] }
                try await instances.redis.delete(instances.keys.lock(instance.id))
                try await eventually(within: .seconds(60)) { gate.events == [.begun, .cancelled] }
                gate.open()
                try await instances.bury(instance.id)
                try await instances.await("mychat", .running)
            }
        }
    }

    @Test func withoutRedisAStepEndsBeforeItsLockDoes() async throws {
        try await withInstances(.init(isAppendOnly: true, configuration: ["appendfsync always"])) { instances in
            var settings = JobSettings.test
            settings.lockTimeToLive = .seconds(3)
            settings.heartbeat = .milliseconds(300)
            let gate = Gate()
            try await withWorker(instances, ScriptedProvider { _ in try await gate.pass() }, settings: settings) {
                _ = try await instances.create()
                try await eventually(within: .seconds(60)) { gate.events == [.begun] }
                instances.server.pause()
                try await eventually(within: .seconds(60)) { gate.events == [.begun, .cancelled] }
                instances.server.resume()
                gate.open()
                // Nobody tells the worker: it takes its own job over when its time is over.
                try await instances.await("mychat", .running)
            }
        }
    }

    @Test func aRedisThatRestartsInTheMiddleCostsNothing() async throws {
        let directory = try TemporaryDirectory()
        try await withInstances(.init(isAppendOnly: true, configuration: ["appendfsync always"])) { instances in
            let server = instances.server
            let restarted = Shared(0)
            for point in ["run:push-redis:middle", "step:push-stream:done", "undo:push-stream:begin"] {
                let isOver = Shared(false)
                let restart: @Sendable (String) async -> Void = { reached in
                    let isFirst = isOver.withLock { over in
                        guard reached == point, !over else { return false }
                        over = true
                        return true
                    }
                    guard isFirst else { return }
                    try? await server.kill()
                    try? await server.launch()
                    restarted.withLock { $0 += 1 }
                }
                var settings = JobSettings.test
                settings.lockTimeToLive = .seconds(5)
                let provider = try FileProvider(folder: directory.path, reached: restart)
                try await withWorker(
                    instances, provider, settings: settings, checkpoint: JobCheckpoint(reached: restart)
                ) {
                    let instance = try #require(try await instances.create())
                    try await instances.await("mychat", .running)
                    #expect(try provider.parts(of: instance.id) == FileProvider.expectedParts(.small))
                    _ = try await instances.repository.destroy("mychat")
                    try await instances.awaitEnd(of: instance.id)
                    #expect(try provider.parts(of: instance.id) == [:])
                }
            }
            #expect(restarted.withLock { $0 } == 3)
        }
    }

    @Test func theJobOfADeadProcessIsTakenOverWhenItsTimeIsOver() async throws {
        let directory = try TemporaryDirectory()
        try await withInstances { instances in
            let provider = try FileProvider(folder: directory.path)
            let instance = try #require(try await instances.create())
            let process = try KillTests.probe(
                instances, directory.path, ["kill", "run:push-redis:middle"], environment: ["PROBE_LOCK_MILLISECONDS": "3000"])
            #expect(try await process.exit(within: .seconds(120)) == .signalled(SIGKILL))
            var settings = JobSettings.test
            settings.lockTimeToLive = .seconds(3)
            try await withWorker(instances, provider, settings: settings) {
                try await instances.await("mychat", .running)
                #expect(try provider.parts(of: instance.id) == FileProvider.expectedParts(.small))
                let job = try #require(try await instances.progress.job(of: instance.id))
                #expect(job.attempt == 2 && job.steps.map(\.attempts) == [1, 2, 1, 1])
            }
        }
    }

    @Test func aStepMayEndWithinTheDrainTime() async throws {
        try await withInstances { instances in
            let gate = Gate()
            let provider = ScriptedProvider { _ in try await gate.pass() }
            try await withWorker(instances, provider) {
                _ = try await instances.create()
                try await eventually(within: .seconds(60)) { gate.events == [.begun] }
                // The worker is told to stop when this block ends.
                Task {
                    try await Task.sleep(for: .milliseconds(100))
                    gate.open()
                }
            }
            #expect(gate.events == [.begun, .passed])
            // What is to be done next was left to another worker, at once.
            let job = try await instances.progress.stored(try #require(try await instances.repository.instance("mychat")).id)
            #expect(job.steps["step:only"]?.state == .done)
            try await withWorker(instances, provider) { try await instances.await("mychat", .running) }
        }
    }

    @Test func aStepThatOutlastsTheDrainIsLeftToAnotherWorker() async throws {
        try await withInstances { instances in
            let gate = Gate()
            var settings = JobSettings.test
            settings.drainTimeout = .milliseconds(50)
            let provider = ScriptedProvider { _ in try await gate.pass() }
            try await withWorker(instances, provider, settings: settings) {
                _ = try await instances.create()
                try await eventually(within: .seconds(60)) { gate.events == [.begun] }
            }
            #expect(gate.events == [.begun, .cancelled])
            let instance = try #require(try await instances.repository.instance("mychat"))
            #expect(instance.status == .pending)
            #expect(try await instances.redis.ttl(instances.keys.lock(instance.id)) == .noKey)
            gate.open()
            try await withWorker(instances, provider) {
                try await instances.await("mychat", .running)
                // Being left is no failure.
                #expect(try await instances.progress.stored(instance.id).steps["step:only"]?.failures == 0)
            }
        }
    }

    @Test func whatIsNoJobIsDropped() async throws {
        try await withInstances { instances in
            for fields in [["kind": "create"], ["kind": "dance", "id": "abcdefghijkl", "name": "a"], ["x": "y"]] {
                try await instances.redis.xadd(
                    instances.keys.jobs, fields: fields.map { .init(name: $0.key, value: Array($0.value.utf8)) })
            }
            // One that can be read and means nothing that there is.
            try await instances.redis.xadd(
                instances.keys.jobs,
                fields: ["kind": "destroy", "id": "abcdefghijkl", "name": "a"].map {
                    .init(name: $0.key, value: Array($0.value.utf8))
                })
            try await withWorker(instances, ScriptedProvider { _ in }) { try await instances.awaitQuiet() }
            #expect(try await instances.allKeys() == ["job:stream"])
        }
    }
}

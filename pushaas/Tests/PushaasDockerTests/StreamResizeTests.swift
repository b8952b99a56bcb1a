import Foundation
import PushTestSupport
import PushaasProvisioning
import Synchronization
import Testing

@testable import PushaasDocker

@Suite("push-streams of another plan")
struct StreamResizeTests {
    /// The names of push-streams and of push-agents.
    private static func names(_ engine: FakeEngine) -> (streams: Set<String>, agents: Set<String>) {
        let containers = engine.state.withLock { $0.containers }
        func names(_ component: Component) -> Set<String> {
            Set(containers.filter { $0.value.creation.labels["pushaas.component"] == component.rawValue }.keys)
        }
        return (names(.stream), names(.agent))
    }

    @Test func limitsAreChangedInPlace() async throws {
        let installation = try await FakeInstallation()
        let engine = installation.engine
        var specification = InstanceSpecification.test(.test())
        let outputs = try await installation.run(try installation.provider.creationSteps(for: .test()), specification)
        let before = Self.names(engine)
        #expect(engine.state.withLock { $0.commands.isEmpty })
        specification.plan = .test(streams: 2, subscribers: 5000)
        try await installation.run(
            try installation.provider.resizeSteps(from: .test(), to: specification.plan), specification, outputs)

        let after = Self.names(engine)
        #expect(after.streams.isSuperset(of: before.streams) && after.agents.isSuperset(of: before.agents))
        #expect(after.streams.count == 2 && after.agents.count == 2)
        // push-stream and push-agent are as long-lived as before; push-api is replaced.
        let stops = engine.state.withLock { $0.calls.filter { $0.hasSuffix("/stop") } }
        #expect(stops.allSatisfy { $0.contains("-api-") }, "\(stops)")
        let reload = "push-stream -s reload -c /etc/push-stream/nginx.conf"
        let commands = engine.state.withLock { $0.commands.filter { $0.hasSuffix(reload) } }
        #expect(commands == before.streams.map { "\($0): \(reload)" })
        for stream in after.streams {
            let archive = engine.state.withLock { $0.containers[stream]?.archive ?? [] }
            let text = String(decoding: archive, as: UTF8.self)
            #expect(text.contains("push_stream_subscribers_limit 2500;\npush_stream_history_limit 20 300s;\n"))
        }
    }

    @Test func anAgentWhoseSettingsAreOthersIsReplacedUnderItsName() async throws {
        let installation = try await FakeInstallation()
        var specification = InstanceSpecification.test(.test())
        let outputs = try await installation.run(try installation.provider.creationSteps(for: .test()), specification)
        let before = Self.names(installation.engine)
        specification.plan = .test(historySeconds: 600)
        try await installation.run(
            try installation.provider.resizeSteps(from: .test(), to: specification.plan), specification, outputs)
        let after = Self.names(installation.engine)
        #expect(after.streams == before.streams && after.agents == before.agents)
        let state = installation.engine.state.withLock { $0 }
        let name = try #require(after.agents.first)
        let agent = try #require(state.containers[name])
        #expect(agent.creation.env.contains("PUSHAGENT_WORKERS__SUBSCRIPTION__REPLAY_WINDOW=600s"))
        #expect(agent.archives > 0)
        // Never two of one name that publish.
        let calls = state.calls.filter { $0.contains("-agent-") && !$0.hasPrefix("GET") && !$0.hasSuffix("/archive") }
        #expect(calls.map { $0.split(separator: "/").last.map(String.init) }.suffix(3).first == "stop", "\(calls)")
        #expect(!state.calls.contains { $0.contains("-stream-") && $0.hasSuffix("/stop") })
    }

    @Test func anotherImageReplacesAllOfThem() async throws {
        let old = try await FakeInstallation()
        var specification = InstanceSpecification.test(.test(streams: 2))
        // Begins as the names of the containers go on.
        specification.name = "My-stream-app"
        let outputs = try await old.run(try old.provider.creationSteps(for: specification.plan), specification)
        let before = Self.names(old.engine)
        old.engine.state.withLock { state in
            state.images.insert("stream2")
            state.calls = []
        }
        let new = try await FakeInstallation(old.engine, ["image_push_stream": "stream2"])
        specification.plan = .test(streams: 3)
        let steps = try new.provider.resizeSteps(from: .test(streams: 2), to: specification.plan)
        try await new.run(steps, specification, outputs)
        let after = Self.names(old.engine)
        #expect(after.streams.count == 3 && after.streams.isDisjoint(with: before.streams))
        #expect(after.agents.count == 3 && after.agents.isDisjoint(with: before.agents))
        let calls = old.engine.state.withLock { $0.calls }
        let lastStart = try #require(calls.lastIndex { $0.contains("-agent-") && $0.hasSuffix("/start") })
        for name in before.streams {
            let stream = try #require(calls.firstIndex(of: "POST /containers/\(name)/stop"))
            let agentName = name.replacing("-stream-\(name.suffix(8))", with: "-agent-\(name.suffix(8))")
            let agent = try #require(calls.firstIndex(of: "POST /containers/\(agentName)/stop"))
            // All new ones run before an old one goes, and until its last subscriber is gone, each has its agent.
            #expect(lastStart < stream && stream < agent)
        }
    }

    /// A try that was cut off has left a push-stream that runs, but takes nobody any more.
    @Test func aDrainThatWasBegunIsWaitedFor() async throws {
        let installation = try await FakeInstallation(["health_timeout": "60s"])
        var specification = InstanceSpecification.test(.test(streams: 2))
        let outputs = try await installation.run(
            try installation.provider.creationSteps(for: specification.plan), specification)
        let engine = installation.engine
        let draining = try #require(Self.names(engine).streams.max())
        let questions = Mutex(0)
        installation.counts.text.withLock { text in
            text = {
                let count = questions.withLock { count in
                    count += 1
                    return count
                }
                if count == 3 { engine.state.withLock { $0.containers[draining]?.status = "exited" } }
                return "1 1"
            }
        }
        specification.plan = .test()
        try await installation.run(
            try installation.provider.resizeSteps(from: .test(streams: 2), to: .test()), specification, outputs)
        #expect(Self.names(engine).streams.count == 1)
        #expect(questions.withLock { $0 } >= 3)
    }

    /// Drains take minutes, and there may be many of them at a time.
    @Test func drainsHoldUpNothingElse() async throws {
        let installation = try await FakeInstallation()
        try await installation.provider.check()
        installation.engine.state.withLock { $0.isSlowToStop = true }
        let provider = installation.provider
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask { try? await provider.engine.stopContainer("c\(number)", timeout: .seconds(120)) }
            }
            try? await eventually(within: .seconds(60), "twenty drains are under way") {
                installation.engine.state.withLock { $0.calls.count { $0.hasSuffix("/stop") } } == 20
            }
            await #expect(throws: Never.self) { try await provider.check() }
            group.cancelAll()
        }
    }
}

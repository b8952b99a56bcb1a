import Logging
import PushTestSupport
import PushaasCurl
import PushaasProvisioning
import Synchronization
import Testing

@testable import PushaasDocker

@Suite("Instances on a real Docker Engine", .serialized, .enabled(RealEngine.reason) { await RealEngine.shared.isAvailable() })
struct RealEngineTests {
    @Test func aResizeAndItsUndoLoseNothing() async throws {
        let small = Plan.test(memory: 128)
        let medium = Plan.test(streams: 2, apis: 2, memory: 192, persistence: .persistent, subscribers: 1000)
        try await RealEngine.shared.withInstance(small) { provider, specification, outputs in
            let client = InstanceClient(specification: specification, outputs: outputs)
            let received = Mutex<[Int]>([])
            let subscriber = Task {
                try await client.subscribe(to: "chat") { text in
                    if let number = Int(text) { received.withLock { $0.append(number) } }
                }
            }
            // The first number is for a subscriber that is there.
            try await eventually(within: .seconds(60), every: .milliseconds(50), "the subscriber gets a message") {
                _ = try await client.publish("0", to: "chat")
                return received.withLock { $0.contains(0) }
            }
            let last = Mutex(0)
            // Only what was acknowledged counts; what was not is sent again, as an application does.
            let publisher = Task {
                var number = 1
                while !Task.isCancelled {
                    if try await client.publish(String(number), to: "chat") == 204 {
                        last.withLock { $0 = number }
                        number += 1
                    }
                    try? await Task.sleep(for: .milliseconds(50))
                }
            }
            try await eventually(within: .seconds(60), "the first messages") { received.withLock { $0.contains(3) } }
            let ports = outputs.filter { $0.key.hasSuffix("_port") }

            var grown = specification
            grown.plan = medium
            // Under another name of its image, so that push-streams are replaced, which a change of plan alone does not do.
            let other = try await RealEngine.shared.providerWithImageByID("push_stream", provider)
            let told = try await runSteps(try other.resizeSteps(from: small, to: medium), grown, outputs)
            #expect(told.filter { $0.key.hasSuffix("_port") } == ports)
            let states = try await provider.inspect(grown, outputs: outputs)
            #expect(states.allSatisfy { $0.problem == nil && $0.healthy == $0.expected }, "\(states)")

            for step in try provider.resizeSteps(from: small, to: medium).reversed() {
                try await step.undo(StepContext(specification: specification, outputs: outputs))
            }
            let back = try await provider.inspect(specification, outputs: outputs)
            #expect(back.allSatisfy { $0.problem == nil && $0.healthy == $0.expected }, "\(back)")

            publisher.cancel()
            _ = await publisher.result
            let count = last.withLock { $0 }
            try await eventually(within: .seconds(30), "the last message") { received.withLock { $0.contains(count) } }
            subscriber.cancel()
            _ = await subscriber.result
            let numbers = received.withLock { $0 }
            #expect(Set(numbers).isSuperset(of: 1...count), "missing: \(Set(1...count).subtracting(numbers).sorted())")
        }
    }

    @Test func limitsChangeWhileSubscribersStay() async throws {
        let small = Plan.test(memory: 128, subscribers: 1)
        let medium = Plan.test(memory: 128, subscribers: 2, historySeconds: 600)
        try await RealEngine.shared.withInstance(small) { provider, specification, outputs in
            let client = InstanceClient(specification: specification, outputs: outputs)
            let first = Subscription(client, channel: "chat")
            try await client.publish(to: "chat", until: first)
            #expect(try await client.open("chat") {} == 503)

            var grown = specification
            grown.plan = medium
            try await runSteps(try provider.resizeSteps(from: small, to: medium), grown, outputs)
            // It comes back until it is let in: push-stream reads its limits a moment after it was told to.
            let received = Mutex(0)
            let second = Task { try await client.subscribe(to: "chat") { _ in received.withLock { $0 += 1 } } }
            try await eventually(within: .seconds(60), every: .milliseconds(200), "the second subscriber gets a message") {
                _ = try await client.publish("hello", to: "chat")
                return received.withLock { $0 > 0 }
            }
            try await client.publish(to: "chat", until: first)
            #expect(!first.hasEnded)
            second.cancel()
            _ = await second.result
        }
    }

    @Test func anInstanceIsMadeOverTLS() async throws {
        let host = RealEngine.shared.host
        // Another one has its own TLS in front.
        let socket = host.hasPrefix("unix://") ? String(host.dropFirst("unix://".count)) : "/var/run/docker.sock"
        let secured = try await SecuredEngine(socket: socket)
        try await RealEngine.shared.withInstance(.test(memory: 128), secured.values) { provider, specification, outputs in
            let client = InstanceClient(specification: specification, outputs: outputs)
            let subscription = Subscription(client, channel: "chat")
            try await client.publish(to: "chat", until: subscription)
            let states = try await provider.inspect(specification, outputs: outputs)
            #expect(states.allSatisfy { $0.problem == nil }, "\(states)")
        }
    }

    @Test func whatEndsComesBackWhereItWas() async throws {
        try await RealEngine.shared.withInstance(.test(memory: 128)) { provider, specification, outputs in
            let client = InstanceClient(specification: specification, outputs: outputs)
            let received = Mutex<Set<String>>([])
            let subscriber = Task { try await client.subscribe(to: "chat") { text in received.withLock { _ = $0.insert(text) } } }
            for container in try await provider.engine.containers(labels: ["\(Label.instance)=\(specification.id)"]) {
                try await provider.engine.call(
                    "POST", "/containers/\(container.id)/restart", query: [("t", "30")], timeout: .seconds(60))
            }
            // The same addresses as before, with all that stands behind them.
            try await eventually(within: .seconds(60), every: .milliseconds(200), "a message after the restart") {
                let isPublished = try await client.publish("again", to: "chat") == 204
                return isPublished && received.withLock { $0.contains("again") }
            }
            subscriber.cancel()
            _ = await subscriber.result
        }
    }

    @Test func aStepThatIsCutOffIsContinued() async throws {
        let plan = Plan.test(memory: 128, persistence: .persistent)
        let provider = DockerProvider(
            configuration: try RealEngine.shared.configuration(), installation: "test-\(InstanceID.random())",
            logger: Logger(label: "test"))
        let specification = InstanceSpecification.test(plan)
        let steps = try provider.creationSteps(for: plan)
        var outputs: StepOutputs = [:]
        for step in steps {
            let context = StepContext(specification: specification, outputs: outputs)
            // Cut off while it works, as by a worker that dies: as soon as one container more is there, or none is expected.
            let count = try await provider.resources().count
            let attempt = Task { try await step.run(context) }
            if step.name != "volume" && step.name != "network" {
                try await eventually(within: .seconds(30), every: .milliseconds(5), "a container") {
                    try await provider.resources().count > count
                }
            }
            attempt.cancel()
            _ = await attempt.result
            outputs.merge(try await step.run(context)) { $1 }
        }
        let states = try await provider.inspect(specification, outputs: outputs)
        #expect(states.allSatisfy { $0.problem == nil && $0.healthy == $0.expected }, "\(states)")
        #expect(states.count == 7)
        for step in steps.reversed() { try await step.undo(StepContext(specification: specification, outputs: outputs)) }
        #expect(try await provider.resources() == [])
    }

    @Test func aProgramThatEndsIsToldWithItsLastWords() async throws {
        var plan = Plan.test(memory: 128)
        // push-stream's own check of its directives.
        plan.limits.historySeconds = -1
        let provider = DockerProvider(
            configuration: try RealEngine.shared.configuration(), installation: "test-\(InstanceID.random())",
            logger: Logger(label: "test"))
        let specification = InstanceSpecification.test(plan)
        let steps = try provider.creationSteps(for: plan)
        do {
            try await runSteps(steps, specification)
            Issue.record("no error")
        } catch let error as ProviderError {
            #expect(error.kind == .permanent)
            #expect(error.message.contains("ended with status 1: "))
            #expect(error.message.contains("push_stream_history_limit"))
        }
        for step in steps.reversed() { try await step.undo(StepContext(specification: specification, outputs: [:])) }
        #expect(try await provider.resources() == [])
    }
}

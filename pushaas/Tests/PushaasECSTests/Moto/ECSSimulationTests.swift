import PushModels
import PushTestSupport
import PushaasProvisioning
import Testing

@testable import PushaasECS

/// The provider against moto with a scheduler: what it sends is what AWS's models allow and is signed, and what it starts are real programs.
@Suite(.serialized) struct ECSSimulationTests {
    @Test func anInstanceLivesFromItsCreationToItsEnd() async throws {
        try await Simulation.run { aws in
            var driver = Driver(provider: try aws.provider(), specification: try .test())
            try await driver.provider.check()
            try await driver.create()
            let api = try #require(driver.outputs[WellKnownOutput.apiURL])
            let stream = try #require(driver.outputs[WellKnownOutput.streamURL])

            // Through push-api, Redis, the agent and push-stream, which found one another and their passwords.
            let user = InstanceUser(specification: driver.specification)
            try await user.publish("hello", at: api)
            try await eventually(within: .seconds(60)) { try await user.history(at: stream).contains("hello") }

            let parts = try await driver.provider.inspect(driver.specification, outputs: driver.outputs)
            #expect(parts.allSatisfy { $0.problem == nil && $0.healthy == $0.expected }, "\(parts)")
            #expect(try await driver.provider.resources().count == 3 + 3 + 3 + 1)

            // A second run finds all of it.
            var again = Driver(provider: driver.provider, specification: driver.specification)
            try await again.create()
            #expect(again.outputs == driver.outputs)

            try await driver.destroy()
            #expect(try await aws.leftovers() == [])
            #expect(try await driver.provider.resources() == [])
        }
    }

    @Test func everyCallMayBeThrottledOrLost() async throws {
        try await Simulation.run { aws in
            let balancer = try await aws.createLoadBalancer("stream", type: "network")
            let provider = try aws.provider(["stream_load_balancer.arn": balancer])
            var actions: Set<String> = []
            // The first round shows which calls there are.
            for kind in [nil, "throttle", "lose-before", "lose-after"] as [String?] {
                if let kind {
                    for action in actions {
                        try await aws.control("faults", ["action": .string(action), "kind": .string(kind)])
                    }
                }
                var driver = Driver(provider: provider, specification: try .test())
                try await driver.create()
                try await driver.destroy()
                #expect(try await aws.leftovers() == [], "\(kind ?? "no fault")")
                actions.formUnion(try await aws.actions())
                try await aws.control("clear", [:])
            }
            #expect(actions.count > 20)
        }
    }

    @Test(arguments: [("exits", "ECS gave up starting push-api"), ("never-starts", "push-api is not up after")])
    func whatDoesNotComeUpIsToldAndLeavesNothing(behaviour: String, message: String) async throws {
        try await Simulation.run { aws in
            let specification = try InstanceSpecification.test()
            try await aws.control(
                "behaviour", ["family": .string(Component.api.name(specification)), "behaviour": .string(behaviour)])
            var driver = Driver(provider: try aws.provider(), specification: specification)
            try await driver.run(
                try driver.provider.creationSteps(for: .small).filter { $0.name != "push-api" && $0.name != "addresses" })
            // Only what never comes up is waited for in vain.
            let values = behaviour == "never-starts" ? ["deployment_timeout": "2s"] : [:]
            var last = Driver(provider: try aws.provider(values), specification: specification, outputs: driver.outputs)
            let error = await #expect(throws: ProviderError.self) {
                try await last.run(try last.provider.creationSteps(for: .small).filter { $0.name == "push-api" })
            }
            #expect(error?.kind == .permanent)
            #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
            try await driver.destroy()
            #expect(try await aws.leftovers() == [])
        }
    }

    @Test func anInstanceGrowsWithoutLosingAMessage() async throws {
        try await Simulation.run { aws in
            let balancers = [
                "stream_load_balancer.arn": try await aws.createLoadBalancer("stream", type: "network"),
                "api_load_balancer.arn": try await aws.createLoadBalancer("api", type: "application"),
            ]
            // Where the load balancer of push-api would answer.
            try await withFakeServer({ _ in .answer(200, "ok") }) { port in
                let values = balancers.merging(
                    ["api_load_balancer.public_host": "127.0.0.1", "api_load_balancer.ports": "\(port)-\(port)"]) { $1 }
                var driver = Driver(provider: try aws.provider(values), specification: try .test())
                try await driver.create()
                func address(_ component: Component) async throws -> String {
                    let found = try await aws.addresses(driver.specification, component)
                    return "http://\(try #require(found.first)):\(component.port)"
                }
                let user = InstanceUser(specification: driver.specification)
                try await user.publish("before", at: try await address(.api))

                var bigger = Driver(
                    provider: driver.provider, specification: try .test(.medium), outputs: driver.outputs)
                try await bigger.run(try driver.provider.resizeSteps(from: .small, to: .medium))
                #expect(bigger.outputs == driver.outputs)
                #expect(try await aws.addresses(driver.specification, .api).count == 3)
                let streams = try await aws.addresses(driver.specification, .stream)
                #expect(streams.count == 2)
                try await user.publish("after", at: try await address(.api))
                // Each push-stream has what came before it as well.
                for stream in streams {
                    try await eventually(within: .seconds(60)) {
                        let history = try await user.history(at: "http://\(stream):9080")
                        return history.contains("before") && history.contains("after")
                    }
                }
                try await bigger.destroy()
                #expect(try await aws.leftovers() == [])
            }
        }
    }

    @Test func whatIsMadeIsNotSeenForAMoment() async throws {
        try await Simulation.run { aws in
            try await aws.control("delay", ["seconds": .double(1.5)])
            var driver = Driver(provider: try aws.provider(), specification: try .test())
            try await driver.create()
            var again = Driver(provider: driver.provider, specification: driver.specification)
            try await again.create()
            #expect(again.outputs == driver.outputs)
            try await driver.destroy()
            try await aws.control("delay", ["seconds": 0])
            #expect(try await aws.leftovers() == [])
        }
    }

    @Test func aWrongKeyIsRefusedInASentence() async throws {
        try await Simulation.run { aws in
            let provider = try aws.provider(
                environment: ["AWS_ACCESS_KEY_ID": Simulation.accessKey, "AWS_SECRET_ACCESS_KEY": "another"])
            let error = await #expect(throws: ProviderError.self) { try await provider.check() }
            #expect(error?.kind == .permanent)
            #expect(error?.message.hasPrefix("Amazon ECS refused DescribeClusters (") == true, "\(error?.message ?? "")")
        }
    }
}

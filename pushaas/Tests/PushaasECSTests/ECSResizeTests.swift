import PushModels
import PushaasProvisioning
import Testing

@testable import PushaasECS

@Suite struct ECSResizeTests {
    static let balanced = [
        "stream_load_balancer.arn": ECSProvider.balancerARN, "redis.mode": "efs", "redis.efs_file_system": "fs-1",
    ]

    private func desired(_ aws: FakeAWS) -> [String: Int] {
        aws.withState { state in
            Dictionary(
                uniqueKeysWithValues: state.services.map {
                    (String($0.key.dropFirst("pushaas-my-chat-k3v9q0z1x7ab-".count)), $0.value.desired)
                })
        }
    }

    @Test func anInstanceGrowsAndShrinksWithItsPlan() async throws {
        let aws = FakeAWS()
        try await aws.serve { port in
            var driver = Driver(provider: try .test(port, Self.balanced), specification: try .test())
            try await driver.create()
            let outputs = driver.outputs

            var bigger = Driver(provider: driver.provider, specification: try .test(.medium), outputs: outputs)
            let steps = try driver.provider.resizeSteps(from: .small, to: .medium)
            #expect(steps.map(\.name) == ["resize-push-redis", "resize-push-stream", "resize-push-api"])
            try await bigger.run(steps)
            #expect(self.desired(aws) == ["push-redis": 1, "push-stream": 2, "push-api": 3])
            // The addresses that apps and browsers know are the same.
            #expect(bigger.outputs == outputs)
            // One revision of each: those of before are retired.
            #expect(aws.shape.filter { $0.hasPrefix("definition") }.count == 3)
            let stream = try #require(
                aws.withState { state in state.definitions.last { $0.isActive && $0.arn.contains("push-stream") } })
            #expect(stream.body.text.contains("push_stream_subscribers_limit 5000;"))

            // Undone, it is as before, in size and in limits.
            try await driver.undo(steps)
            #expect(self.desired(aws) == ["push-redis": 1, "push-stream": 1, "push-api": 1])
            try await driver.destroy()
            #expect(aws.remains == [])
        }
    }

    @Test func aResizeThatFailsIsToldAndGoesBack() async throws {
        let aws = FakeAWS()
        try await aws.serve { port in
            var driver = Driver(provider: try .test(port, Self.balanced), specification: try .test())
            try await driver.create()
            let name = Component.stream.name(driver.specification)
            let before = aws.withState { $0.services[name]?.definition }
            aws.withState { _ = $0.broken.insert(name) }
            var bigger = Driver(provider: driver.provider, specification: try .test(.medium), outputs: driver.outputs)
            let steps = try driver.provider.resizeSteps(from: .small, to: .medium)
            let error = await #expect(throws: ProviderError.self) { try await bigger.run(steps) }
            #expect(error?.message.hasPrefix("ECS gave up starting push-stream") == true)
            try await driver.undo(steps)
            #expect(self.desired(aws) == ["push-redis": 1, "push-stream": 1, "push-api": 1])
            // What it had is still there, so nothing was replaced for the way back.
            #expect(aws.withState { $0.services[name]?.definition } == before)
        }
    }

    @Test func everyCallOfAResizeMayBeLost() async throws {
        for fault in FakeFault.allCases {
            let aws = FakeAWS()
            try await aws.serve { port in
                var driver = Driver(provider: try .test(port, attempts: 2, Self.balanced), specification: try .test())
                try await driver.create()
                aws.withState { $0.fault = fault }
                var bigger = Driver(provider: driver.provider, specification: try .test(.medium), outputs: driver.outputs)
                try await bigger.run(try driver.provider.resizeSteps(from: .small, to: .medium))
                #expect(self.desired(aws) == ["push-redis": 1, "push-stream": 2, "push-api": 3])
                #expect(aws.shape.count == Set(aws.shape).count)
            }
        }
    }

    @Test func aRedisWithoutAVolumeStays() throws {
        let provider = try ECSProvider.test(1, ["stream_load_balancer.arn": ECSProvider.balancerARN])
        #expect(
            try provider.resizeSteps(from: .small, to: .medium).map(\.name) == ["resize-push-stream", "resize-push-api"])
    }

    @Test func onlyWhatDiffersIsReplaced() throws {
        let provider = try ECSProvider.test(1, Self.balanced)
        var target = Plan.small
        target.limits.messagesPerSecond = 5
        #expect(try provider.resizeSteps(from: .small, to: target).map(\.name) == ["resize-push-api"])
        target = .small
        target.agent.memory += 1
        #expect(try provider.resizeSteps(from: .small, to: target).map(\.name) == ["resize-push-stream"])
        #expect(try provider.resizeSteps(from: .small, to: .small).isEmpty)
    }

    @Test func anAddressThatWouldChangeIsNotGivenAway() throws {
        let provider = try ECSProvider.test(1)
        var target = Plan.small
        target.limits.subscribers = 7
        let error = #expect(throws: ProviderError.self) { try provider.resizeSteps(from: .small, to: target) }
        #expect(error?.kind == .unsupported)
        #expect(error?.message.contains("provisioner.ecs.stream_load_balancer.arn") == true)
        target = .small
        target.limits.messagesPerSecond = 7
        #expect(try provider.resizeSteps(from: .small, to: target).map(\.name) == ["resize-push-api"])
    }
}

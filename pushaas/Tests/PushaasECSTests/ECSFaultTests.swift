import PushaasProvisioning
import Testing

@testable import PushaasECS

/// Each call fails once in each way, and the worker dies at each call.
@Suite struct ECSFaultTests {
    @Test(arguments: FakeFault.allCases, [false, true])
    func everyCallMayFailOnceAndNothingIsMadeTwice(fault: FakeFault, isExternal: Bool) async throws {
        let aws = FakeAWS { $0.fault = fault }
        try await aws.serve { port in
            let values = isExternal ? ["redis.mode": "external", "redis.url": "redis://a,redis://b"] : [:]
            var driver = Driver(provider: try .test(port, attempts: 2, values), specification: try .test())
            try await driver.create()
            let shape = aws.shape
            // A revision that was registered twice, because its first answer was lost, is retired again.
            #expect(shape.count == Set(shape).count)
            if !isExternal { #expect(shape == ECSProviderTests.shape) }
            try await driver.destroy()
            #expect(aws.remains == [])
            #expect(
                aws.withState { $0.removals }
                    == (isExternal ? ["exec redis-cli -u \"$REDIS_URL\" --no-auth-warning FLUSHDB"] : []))
        }
    }

    /// How many calls a creation takes, and a destruction after it.
    private func lengths(_ values: [String: String]) async throws -> (create: Int, destroy: Int) {
        let aws = FakeAWS()
        return try await aws.serve { port in
            var driver = Driver(provider: try .test(port, values), specification: try .test())
            try await driver.create()
            let create = aws.calls.count
            try await driver.destroy()
            return (create, aws.calls.count - create)
        }
    }

    static let modes = [[:], ["redis.mode": "efs", "redis.efs_file_system": "fs-1"]]

    @Test(arguments: modes)
    func aWorkerThatDiesAtAnyCallOfACreationIsContinuedOrUndone(values: [String: String]) async throws {
        let length = try await self.lengths(values).create
        // Of what is the same in all modes, some calls are enough.
        for limit in stride(from: 0, to: length, by: values.isEmpty ? 1 : 4) {
            let aws = FakeAWS { $0.failsAfter = limit }
            try await aws.serve { port in
                var driver = Driver(provider: try .test(port, values), specification: try .test())
                await #expect(throws: ProviderError.self) { try await driver.create() }
                aws.withState { $0.failsAfter = nil }
                if (limit / 4 + limit).isMultiple(of: 2) {
                    var next = Driver(provider: try .test(port, values), specification: try .test())
                    try await next.create()
                    #expect(aws.shape == ECSProviderTests.shape, "continued after \(limit) calls")
                }
                try await driver.destroy()
                #expect(aws.remains == [], "undone after \(limit) calls")
            }
        }
    }

    @Test(arguments: modes)
    func aWorkerThatDiesAtAnyCallOfADestructionIsContinued(values: [String: String]) async throws {
        let (create, destroy) = try await self.lengths(values)
        for limit in stride(from: 0, to: destroy, by: values.isEmpty ? 1 : 4) {
            let aws = FakeAWS { $0.failsAfter = create + limit }
            try await aws.serve { port in
                var driver = Driver(provider: try .test(port, values), specification: try .test())
                try await driver.create()
                await #expect(throws: ProviderError.self) { try await driver.destroy() }
                aws.withState { $0.failsAfter = nil }
                try await driver.destroy()
                #expect(aws.remains == [], "after \(limit) calls")
            }
        }
    }

    @Test func aCircuitBreakerThatTripsTellsTheServicesLastEvent() async throws {
        let name = try Component.stream.name(.test())
        let aws = FakeAWS { $0.broken = [name] }
        try await aws.serve { port in
            var driver = Driver(provider: try .test(port), specification: try .test())
            let error = await #expect(throws: ProviderError.self) { try await driver.create() }
            #expect(error?.kind == .permanent)
            #expect(
                error?.message
                    == "ECS gave up starting push-stream: (service \(name)) has begun. It says image not found")
            try await driver.destroy()
            #expect(aws.remains == [])
        }
    }

    @Test func aTaskThatNeverStartsEndsTheWait() async throws {
        let name = try Component.api.name(.test())
        let aws = FakeAWS {
            $0.broken = [name]
            $0.hasBreaker = false
        }
        try await aws.serve { port in
            let error = try await self.failure(of: "push-api", port, [:])
            #expect(error?.kind == .permanent)
            #expect(error?.message.hasPrefix("push-api is not up after 1.0 seconds: ") == true)
            #expect(error?.message.contains("image not found") == true)
        }
    }

    @Test func aPushAPIThatCannotBeReachedIsToldWithTheSecurityGroup() async throws {
        let aws = FakeAWS()
        try await aws.serve { port in
            // Nobody listens there.
            let error = try await self.failure(of: "addresses", port, ["api_load_balancer.ports": "1-1"])
            #expect(
                error?.message
                    == "push-api runs, but pushaas cannot reach it at http://127.0.0.1:1: do the security groups sg-1 let it in")
        }
    }

    /// Only the step that waits in vain has a second; those before it may take their time.
    private func failure(of step: String, _ port: Int, _ values: [String: String]) async throws -> ProviderError? {
        var driver = Driver(provider: try .test(port, values), specification: try .test())
        let steps = try driver.provider.creationSteps(for: .small)
        let index = try #require(steps.firstIndex { $0.name == step })
        try await driver.run(Array(steps[..<index]))
        let provider = try ECSProvider.test(port, values.merging(["deployment_timeout": "1s"]) { $1 })
        var last = Driver(provider: provider, specification: driver.specification, outputs: driver.outputs)
        return await #expect(throws: ProviderError.self) {
            try await last.run(try provider.creationSteps(for: .small).filter { $0.name == step })
        }
    }
}

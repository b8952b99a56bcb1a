import PushaasProvisioning
import Testing

@testable import PushaasECS

@Suite struct ExternalRedisTests {
    static let values = ["redis.mode": "external", "redis.url": "rediss://:first-zzz@a,rediss://:second-zzz@b"]

    @Test func eachRedisHasOneInstanceAtATimeAndIsEmptiedBeforeTheNext() async throws {
        let aws = FakeAWS()
        try await aws.serve { port in
            let provider = try ECSProvider.test(
                port, Self.values.merging(["api_load_balancer.ports": "\(port)-\(port + 2)"]) { $1 })
            func driver(_ id: String) throws -> Driver { Driver(provider: provider, specification: try .test(id: id)) }
            var first = try driver("firstfirstfi")
            try await first.create()
            #expect(aws.withState { $0.services.count } == 2)
            let secret = try #require(
                aws.withState { state in state.secrets.values.first { $0.text.contains("rediss://:first-zzz@a") } })
            #expect(secret["Name"]?.string?.contains("firstfirstfi") == true)
            #expect(first.outputs["redis.index"] == "0")
            #expect(first.outputs.values.allSatisfy { !$0.contains("zzz") })

            let second = try await provider.secrets.claimRedis(driver("secondsecond").specification)
            #expect(second == 1)
            // Asked again, it is the same one.
            #expect(try await provider.secrets.claimRedis(driver("secondsecond").specification) == 1)
            let error = await #expect(throws: ProviderError.self) {
                try await provider.secrets.claimRedis(driver("thirdthirdth").specification)
            }
            #expect(error?.message.hasPrefix("all 2 Redis servers") == true)

            try await first.destroy()
            #expect(aws.withState { $0.removals.count } == 1)
            #expect(try await provider.secrets.claimRedis(driver("thirdthirdth").specification) == 0)
            try await provider.secrets.releaseRedis(driver("secondsecond").specification)
            try await provider.secrets.releaseRedis(driver("thirdthirdth").specification)
            #expect(aws.remains == [])
        }
    }
}

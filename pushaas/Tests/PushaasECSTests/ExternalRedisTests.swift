import PushModels
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
            #expect(first.outputs["redis.server"] == "rediss://a")
            #expect(first.outputs.values.allSatisfy { !$0.contains("zzz") })

            let second = try await provider.secrets.claimRedis(driver("secondsecond").specification)
            #expect(second == "rediss://b")
            // Asked again, it is the same one.
            #expect(try await provider.secrets.claimRedis(driver("secondsecond").specification) == "rediss://b")
            // Whatever the order in the configuration is by now, and whatever the passwords are.
            let changed = try ECSProvider.test(
                port, ["redis.mode": "external", "redis.url": "rediss://:new-zzz@b,rediss://:first-zzz@a"])
            #expect(try await changed.secrets.claimRedis(driver("secondsecond").specification) == "rediss://b")
            #expect(try await changed.secrets.claimRedis(driver("firstfirstfi").specification) == "rediss://a")
            let error = await #expect(throws: ProviderError.self) {
                try await provider.secrets.claimRedis(driver("thirdthirdth").specification)
            }
            #expect(error?.message.hasPrefix("all 2 Redis servers") == true)

            try await first.destroy()
            #expect(aws.withState { $0.removals.count } == 1)
            #expect(try await provider.secrets.claimRedis(driver("thirdthirdth").specification) == "rediss://a")
            try await provider.secrets.releaseRedis(driver("secondsecond").specification)
            try await provider.secrets.releaseRedis(driver("thirdthirdth").specification)
            #expect(aws.remains == [])
        }
    }

    @Test func aRedisThatWasEmptiedForAnEarlierInstanceIsEmptiedAgain() async throws {
        let aws = FakeAWS()
        try await aws.serve { port in
            let provider = try ECSProvider.test(
                port, Self.values.merging(["api_load_balancer.ports": "\(port)-\(port + 2)"]) { $1 })
            for round in 1...2 {
                var driver = Driver(provider: provider, specification: try .test(id: "firstfirstfi"))
                try await driver.create()
                // ECS still shows the ended task of the first round, which had the same family and another revision.
                aws.withState { $0.removals.append("-") }
                try await driver.destroy()
                #expect(aws.withState { $0.removals.filter { $0 != "-" }.count } == round)
            }
        }
    }

    @Test func aRemovalThatCannotRunTellsWhy() async throws {
        let aws = FakeAWS { $0.removalFailure = "CannotPullContainerError: no such image" }
        try await aws.serve { port in
            let provider = try ECSProvider.test(
                port, Self.values.merging(["api_load_balancer.ports": "\(port)-\(port + 2)"]) { $1 })
            var driver = Driver(provider: provider, specification: try .test(id: "firstfirstfi"))
            try await driver.create()
            let created = driver
            let error = await #expect(throws: ProviderError.self) { try await created.destroy() }
            #expect(error?.kind == .temporary)
            #expect(error?.message.contains("CannotPullContainerError: no such image") == true)
            aws.withState { $0.removalFailure = nil }
            try await created.destroy()
            #expect(aws.remains == [])
        }
    }

    @Test(arguments: [
        ("redis://:a@h:1/2", "redis://h:1/2"), ("rediss://user:p%40q@h", "rediss://h"), ("redis://h:1", "redis://h:1"),
    ])
    func aServerIsKnownWithoutItsPassword(url: String, server: String) {
        #expect(SecretStore.server(of: url) == server)
    }
}

import PushModels
import PushRedis
import PushTestSupport
import Testing

@testable import PushAgent

@Suite("Drain", .serialized) struct DrainTests {
    @Test("A shutdown waits for the answers in flight, sends nothing more and stores the position") func drain() async throws {
        try await Harness.run { harness in
            let ids = try await harness.withAgent { agent in
                try await eventually("a connection") { agent.metric("push_agent_connected") == 1 }
                harness.pushStream.holdAnswers()
                let ids = try await harness.publish("a", "1", "2", "3")
                try await harness.waitForMessages(3)
                #expect(try await harness.store.position() == nil)
                await agent.stop()
                try await harness.publish("a", "4")
                harness.pushStream.releaseAnswers()
                return ids
            }
            #expect(try await harness.store.position()?.description == ids.last)
            #expect(harness.pushStream.messages.map(\.body) == ["1", "2", "3"])
        }
    }

    @Test("A shutdown does not wait for ever") func deadline() async throws {
        try await Harness.run { harness in
            let configuration = try harness.configuration { $0.subscription.drainTimeout = .milliseconds(300) }
            let begin = try await harness.withAgent(configuration) { agent in
                try await eventually("a connection") { agent.metric("push_agent_connected") == 1 }
                harness.pushStream.holdAnswers()
                try await harness.publish("a", "1")
                try await harness.waitForMessages(1)
                return ContinuousClock.now
            }
            // Others have a minute in these tests.
            #expect(begin.duration(to: .now) < .seconds(50))
            #expect(try await harness.store.position() == nil)
        }
    }

    @Test("A shutdown without push-stream or Redis ends") func nothingThere() async throws {
        try await Harness.run { harness in
            let configuration = try harness.configuration { $0.subscription.drainTimeout = .seconds(5) }
            try await harness.pushStream.stop()
            try await harness.withAgent(configuration) { _ in }
            try await harness.server.kill()
            try await harness.withAgent(configuration) { _ in }
            try await harness.server.launch()
        }
    }
}

import Foundation
import PushModels
import PushRedis
import PushTestSupport
import Synchronization
import Testing

@testable import PushAgent

@Suite("Delivery", .serialized) struct DeliveryTests {
    @Test("3,000 messages over 20 channels arrive once, in order, with their ids") func order() async throws {
        try await Harness.run { harness in
            let messages = Harness.messages(3_000, channels: 20)
            try await harness.withAgent { agent in
                let begin = ContinuousClock.now
                let ids = try await harness.publish(messages)
                try await harness.waitForMessages(3_000)
                try await harness.waitForPosition(try #require(ids.last))
                print("measured: 3,000 messages from Redis to push-stream in \(begin.duration(to: .now))")
                #expect(harness.pushStream.messages.map(\.body) == messages.map(\.content))
                #expect(harness.pushStream.messages.map(\.channel) == messages.map(\.channel))
                #expect(harness.pushStream.messages.map(\.eventID) == ids)
                try await eventually("the metric") { agent.metric("push_agent_delivered_total") == 3_000 }
                #expect(agent.metric("push_agent_delivery_seconds_count") == 3_000)
                #expect(agent.metric("push_agent_batch_entries_sum") == 3_000)
                #expect(harness.pushStream.state.withLock(\.connections) == 1)
            }
        }
    }

    @Test("Channel ids are percent-encoded, content arrives as it is") func encoding() async throws {
        try await Harness.run { harness in
            try await harness.withAgent { _ in
                try await harness.publish([("a&b=c d%é?#", "x%20%C3%A9"), ("plain", "")])
                try await harness.waitForMessages(2)
                #expect(harness.pushStream.messages[0].channel == "a&b=c d%é?#")
                #expect(harness.pushStream.messages[0].body == "x%20%C3%A9")
                #expect(harness.pushStream.messages[1].body.isEmpty)
            }
        }
    }

    @Test("A connection that is cut in the middle of the pipeline loses nothing") func cuts() async throws {
        try await Harness.run { harness in
            harness.pushStream.react { _, index in
                index % 271 == 0 ? .takeAndCut : index % 173 == 0 ? .cut : .take
            }
            let messages = Harness.messages(3_000, channels: 20)
            let ids = try await harness.publish(messages)
            try await harness.withAgent { agent in
                try await harness.waitForPosition(try #require(ids.last))
                harness.expectOrder(messages)
                #expect(try #require(agent.metric("push_agent_connections_total")) > 10)
            }
        }
    }

    @Test("Nginx's close after some requests costs no message") func keepAliveRequests() async throws {
        try await Harness.run { harness in
            harness.pushStream.react { _, index in index % 100 == 0 ? .takeAndClose : .take }
            let messages = Harness.messages(1_000, channels: 7)
            let ids = try await harness.publish(messages)
            try await harness.withAgent { _ in
                try await harness.waitForPosition(try #require(ids.last))
                harness.expectOrder(messages)
            }
        }
    }

    @Test("Bursts of 503 are retried until they end, without overtaking") func unavailable() async throws {
        try await Harness.run { harness in
            harness.pushStream.react { _, index in
                (index % 400) < 7 ? .answer(503) : index % 97 == 0 ? .answer(502) : .take
            }
            let messages = Harness.messages(2_000, channels: 20)
            let ids = try await harness.publish(messages)
            try await harness.withAgent { agent in
                try await harness.waitForPosition(try #require(ids.last))
                harness.expectOrder(messages, wereRefused: true)
                #expect(try #require(agent.metric("push_agent_retried_total")) > 20)
                #expect(agent.metric("push_agent_refused_total") == 0)
            }
        }
    }

    @Test("A 500 that ends is retried") func storeFullForAWhile() async throws {
        try await Harness.run { harness in
            harness.pushStream.react { message, index in message.body == "second" && index < 6 ? .answer(500) : .take }
            let ids = try await harness.publish("a", "first", "second", "third")
            try await harness.withAgent { agent in
                try await harness.waitForPosition(try #require(ids.last))
                #expect(harness.pushStream.messages.map(\.body).suffix(2) == ["second", "third"])
                #expect(agent.metric("push_agent_refused_total") == 0)
            }
        }
    }

    @Test("What is in flight behind a 500 that ends the connection comes after its message, and once") func storeFullInTheMiddle()
        async throws
    {
        try await Harness.run { harness in
            let failures = Mutex(3)
            harness.pushStream.react { message, _ in
                guard message.body == "m7" else { return .take }
                let fails = failures.withLock { left in
                    left -= 1
                    return left >= 0
                }
                return fails ? .answerAndClose(500) : .take
            }
            let messages = Harness.messages(100, channels: 1)
            let ids = try await harness.publish(messages)
            try await harness.withAgent { agent in
                try await harness.waitForPosition(try #require(ids.last))
                #expect(harness.pushStream.messages.map(\.body) == messages.map(\.content))
                #expect(agent.metric("push_agent_refused_total") == 0)
                #expect(agent.metric("push_agent_retried_total") == 3)
            }
        }
    }

    @Test("A 500 that does not end is given up after the configured retries") func storeFull() async throws {
        try await Harness.run { harness in
            let attempts = Mutex(0)
            harness.pushStream.react { message, _ in
                guard message.body == "bad" else { return .take }
                attempts.withLock { $0 += 1 }
                return .answer(500)
            }
            let ids = try await harness.publish("a", "bad", "good")
            let configuration = try harness.configuration { $0.subscription.failureRetries = 2 }
            try await harness.withAgent(configuration) { agent in
                try await harness.waitForPosition(try #require(ids.last))
                #expect(attempts.withLock { $0 } == 3)
                #expect(harness.pushStream.messages.last?.body == "good")
                #expect(agent.metric("push_agent_refused_total") == 1)
            }
        }
    }

    @Test("A 400 skips the message and nothing else") func refused() async throws {
        try await Harness.run { harness in
            harness.pushStream.react { message, _ in message.body == "bad" ? .answer(400) : .take }
            let ids = try await harness.publish("a", "one", "bad", "two")
            try await harness.withAgent { agent in
                try await harness.waitForPosition(try #require(ids.last))
                #expect(harness.pushStream.messages.map(\.body) == ["one", "two"])
                #expect(agent.metric("push_agent_refused_total") == 1)
                #expect(agent.metric("push_agent_retried_total") == 0)
            }
        }
    }

    @Test("A push-stream that accepts and does not answer is left for a new connection") func silence() async throws {
        try await Harness.run { harness in
            let configuration = try harness.configuration { $0.pushStreamTimeout = .milliseconds(300) }
            try await harness.withAgent(configuration) { agent in
                try await eventually("a connection") { agent.metric("push_agent_connected") == 1 }
                harness.pushStream.holdAnswers()
                let ids = try await harness.publish("a", "one", "two")
                try await eventually("the connection is given up") { agent.metric("push_agent_connected") == 0 }
                harness.pushStream.releaseAnswers()
                try await harness.waitForPosition(try #require(ids.last))
                harness.expectOrder([("a", "one"), ("a", "two")])
            }
        }
    }

    @Test("Channels are ensured in the same order as messages") func ensure() async throws {
        try await Harness.run { harness in
            try await harness.withAgent { agent in
                try await harness.publish("a", "before")
                let entry = StreamEntry.ensureChannels(["x", "y", "z"])
                let id = try await harness.redis.xadd(
                    RedisKeys.messages, fields: entry.fields.map { .init(name: $0.name, value: Array($0.value.utf8)) })
                try await harness.redis.send(RedisCommand("XADD", RedisKeys.messages, "*", "future", "kind"))
                let last = try await harness.publish("a", "after")
                try await harness.waitForPosition(try #require(last.last))
                let stored = harness.pushStream.stored
                #expect(stored.map(\.channel) == ["a", "x", "y", "z", "a"])
                #expect(stored.map(\.body) == ["before", "ping", "ping", "ping", "after"])
                #expect(stored.map(\.isEnsure) == [false, true, true, true, false])
                #expect(stored[1].eventID == nil)
                #expect(StreamID(id) != nil)
                try await eventually("the metric") { agent.metric("push_agent_ensured_channels_total") == 3 }
            }
        }
    }

    @Test("What is in flight is bounded, in number and in bytes") func bounds() async throws {
        try await Harness.run { harness in
            let configuration = try harness.configuration {
                $0.subscription.inFlightMessages = 50
                $0.subscription.batchSize = 20
                $0.subscription.inFlightBytes = 1 << 20
            }
            harness.pushStream.holdAnswers()
            // The question for the store must be answered before anything is published.
            harness.pushStream.releaseAnswers()
            try await harness.withAgent(configuration) { agent in
                try await eventually("a connection") { agent.metric("push_agent_connected") == 1 }
                harness.pushStream.holdAnswers()
                let ids = try await harness.publish(Harness.messages(500, channels: 3))
                try await eventually("messages in flight") { harness.pushStream.messages.count >= 20 }
                // The reader stops at its read-ahead, which is below the bound on flight.
                #expect(harness.pushStream.messages.count <= 50)
                harness.pushStream.releaseAnswers()
                try await harness.waitForPosition(try #require(ids.last))
                #expect(harness.pushStream.messages.count == 500)
            }
        }
    }

    @Test("A Unix domain socket works like a port") func unixSocket() async throws {
        let directory = try TemporaryDirectory()
        try await Harness.run(unixPath: directory.file("push-stream.sock")) { harness in
            let configuration = try harness.configuration {
                $0.pushStream = .unixDomainSocket(path: directory.file("push-stream.sock"))
            }
            try await harness.withAgent(configuration) { _ in
                try await harness.publish("a", "one")
                try await harness.waitForMessages(1)
            }
        }
    }
}

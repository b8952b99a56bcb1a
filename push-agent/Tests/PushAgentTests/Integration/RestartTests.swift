import PushModels
import PushRedis
import PushTestSupport
import Synchronization
import Testing

@testable import PushAgent

@Suite("Restarts", .serialized) struct RestartTests {
    @Test("A new agent starts with the window, not with the whole stream") func newAgent() async throws {
        try await Harness.run { harness in
            let now = WallClock.milliseconds()
            try await harness.publish("a", "old", id: StreamID(milliseconds: now - 600_000, sequence: 0))
            try await harness.publish("a", "recent", id: StreamID(milliseconds: now - 60_000, sequence: 0))
            try await harness.withAgent { _ in
                try await harness.waitForPosition("\(now - 60_000)-0")
                #expect(harness.pushStream.messages.map(\.body) == ["recent"])
            }
        }
    }

    @Test("An agent that was stopped goes on after its position, without duplicates") func gracefulRestart() async throws {
        try await Harness.run { harness in
            try await harness.withAgent { _ in
                try await harness.publish("a", "1", "2")
                try await harness.waitForMessages(2)
            }
            try await harness.publish("a", "3")
            try await harness.withAgent { _ in
                try await harness.publish("a", "4")
                try await harness.waitForMessages(4)
                #expect(harness.pushStream.messages.map(\.body) == ["1", "2", "3", "4"])
            }
        }
    }

    @Test("An agent killed in the middle of a batch repeats at most what was not stored") func kill() async throws {
        try await Harness.run { harness in
            let messages = Harness.messages(2_000, channels: 5)
            let ids = try await harness.publish(messages)
            // The end does not come before the agent is killed, however late that is.
            harness.pushStream.react { [pushStream = harness.pushStream] _, index in
                if index == 1_000 { pushStream.holdAnswers() }
                return .take
            }
            try await harness.withAgent(end: .kill) { _ in
                try await eventually("the middle") { harness.pushStream.messages.count > 700 }
            }
            harness.pushStream.react { _, _ in .take }
            harness.pushStream.releaseAnswers()
            let position = try await harness.store.position()
            #expect(position?.description != ids[1_999])
            try await harness.withAgent { _ in
                try await harness.waitForPosition(ids[1_999])
                harness.expectOrder(messages)
            }
        }
    }

    @Test(
        "A new store gets exactly the window, and the position stays",
        arguments: [FakePushStream.Identity.instance("other"), .started(1_767_225_900)])
    func storeRestart(identity: FakePushStream.Identity) async throws {
        try await Harness.run { harness in
            if case .started = identity { harness.pushStream.state.withLock { $0.identity = .started(1_767_225_600) } }
            let now = WallClock.milliseconds()
            let configuration = try harness.configuration { $0.subscription.replayWindow = .seconds(100) }
            try await harness.store.save(position: StreamID(milliseconds: 1, sequence: 0))
            for (age, content) in [(600, "oldest"), (200, "old"), (50, "recent"), (10, "newest")] as [(UInt64, String)] {
                try await harness.publish("a", content, id: StreamID(milliseconds: now - age * 1_000, sequence: 0))
            }
            let position = StreamID(milliseconds: now - 10_000, sequence: 0)
            try await harness.withAgent(configuration) { agent in
                try await harness.waitForPosition(position.description)
                #expect(harness.pushStream.messages.map(\.body) == ["oldest", "old", "recent", "newest"])

                harness.pushStream.loseStore(identity: identity)
                await harness.pushStream.cutConnections()
                try await harness.waitForMessages(2)
                let last = try await harness.publish("a", "live")
                try await harness.waitForPosition(try #require(last.first))
                #expect(harness.pushStream.messages.map(\.body) == ["recent", "newest", "live"])
                #expect(harness.pushStream.eventIDs(of: "a").first == "\(now - 50_000)-0")
                #expect(agent.metric("push_agent_replayed_total") == 2)

                // The same store again: nothing is repeated.
                await harness.pushStream.cutConnections()
                let next = try await harness.publish("a", "next")
                try await harness.waitForPosition(try #require(next.first))
                #expect(harness.pushStream.messages.map(\.body) == ["recent", "newest", "live", "next"])
            }
        }
    }

    @Test("A store that is lost while the agent is down is filled too, and before newer messages") func bothRestart() async throws
    {
        try await Harness.run { harness in
            try await harness.withAgent { _ in
                let ids = try await harness.publish("a", "1", "2")
                try await harness.waitForPosition(try #require(ids.last))
            }
            let position = try await harness.store.position()
            harness.pushStream.loseStore()
            let ids = try await harness.publish("a", "3")
            try await harness.withAgent { _ in
                try await harness.waitForPosition(try #require(ids.last))
                #expect(harness.pushStream.messages.map(\.body) == ["1", "2", "3"])
            }
            #expect(position != nil)
        }
    }

    @Test("A replay that is cut off goes on, and comes before what waits") func interruptedReplay() async throws {
        try await Harness.run { harness in
            let messages = Harness.messages(1_200, channels: 4)
            let later = Harness.messages(200, channels: 4, prefix: "later")
            try await harness.withAgent { _ in
                let ids = try await harness.publish(messages)
                try await harness.waitForPosition(try #require(ids.last))
                try await harness.pushStream.stop()
                harness.pushStream.loseStore()
                harness.pushStream.react { _, index in index % 211 == 0 ? .cut : index % 389 == 0 ? .answer(503) : .take }
                let laterIDs = try await harness.publish(later)
                try await harness.pushStream.listen()
                try await harness.waitForPosition(try #require(laterIDs.last))
                harness.expectOrder(messages + later, wereRefused: true)
            }
        }
    }

    @Test("A Redis that is restarted costs nothing", arguments: [false, true]) func redisRestart(kill: Bool) async throws {
        try await Harness.run(appendOnly: true) { harness in
            try await harness.withAgent { _ in
                let first = Harness.messages(200, channels: 3)
                try await harness.publish(first)
                if kill {
                    try await harness.server.kill()
                    try await harness.server.launch()
                } else {
                    try await harness.server.restart()
                }
                // The publisher's client must have noticed, or its commands go to the connection that is gone.
                try await eventually("the publisher is connected again") { (try? await harness.redis.ping()) != nil }
                let second = Harness.messages(200, channels: 3, prefix: "second")
                let ids = try await harness.publish(second)
                try await harness.waitForPosition(try #require(ids.last))
                harness.expectOrder(first + second)
            }
        }
    }

    @Test("A stream trimmed past the position is counted, and the rest is delivered") func gap() async throws {
        try await Harness.run { harness in
            let now = WallClock.milliseconds()
            try await harness.store.save(position: StreamID(milliseconds: now - 90_000, sequence: 0))
            try await harness.publish("a", "left", id: StreamID(milliseconds: now - 1_000, sequence: 0))
            try await harness.withAgent { agent in
                try await harness.waitForPosition("\(now - 1_000)-0")
                #expect(harness.pushStream.messages.map(\.body) == ["left"])
                #expect(agent.metric("push_agent_gaps_total") == 1)
            }
        }
    }

    @Test("A stream trimmed just up to the position has lost nothing") func trimmedExactly() async throws {
        try await Harness.run { harness in
            try await harness.withAgent { _ in
                let ids = try await harness.publish("a", "1", "2")
                try await harness.waitForPosition(try #require(ids.last))
                try await eventually("the reader saw the end") { try await harness.store.readCount()?.id.description == ids[1] }
            }
            try await harness.redis.send(RedisCommand("XTRIM", RedisKeys.messages, "MAXLEN", "=", 0))
            try await harness.publish("a", "3")
            try await harness.withAgent { agent in
                try await harness.waitForMessages(3)
                #expect(agent.metric("push_agent_gaps_total") == 0)
            }
        }
    }

    @Test("A gap while push-stream is down is noticed") func gapWhileDown() async throws {
        try await Harness.run { harness in
            let configuration = try harness.configuration { $0.subscription.batchSize = 10 }
            try await harness.withAgent(configuration) { agent in
                let ids = try await harness.publish("a", "0")
                try await harness.waitForPosition(try #require(ids.last))
                try await harness.pushStream.stop()
                try await harness.publish(Harness.messages(100, channels: 1))
                try await eventually("a batch is read") { agent.metric("push_agent_batch_entries_sum") ?? 0 >= 11 }
                try await harness.redis.send(RedisCommand("XTRIM", RedisKeys.messages, "MAXLEN", "=", 5))
                try await harness.pushStream.listen()
                let last = try await harness.publish("a", "last")
                try await harness.waitForPosition(try #require(last.last))
                #expect(agent.metric("push_agent_gaps_total") == 1)
                #expect(harness.pushStream.messages.suffix(3).map(\.body) == ["m98", "m99", "last"])
            }
        }
    }

    @Test("A Redis that lost its last entries repeats nothing") func tailLost() async throws {
        try await Harness.run { harness in
            try await harness.withAgent { agent in
                // Apart by milliseconds, so that an id fits between the last two.
                let start = WallClock.milliseconds() - 10
                let ids = (0..<3).map { StreamID(milliseconds: start + UInt64($0), sequence: 0) }
                for (id, content) in zip(ids, ["1", "2", "3"]) { try await harness.publish("a", content, id: id) }
                try await harness.waitForPosition(ids[2].description)
                // At once, as a Redis that was restarted has them.
                let kept = zip(ids, ["1", "2"]).map { id, content in
                    RedisCommand("XADD", RedisKeys.messages, id.description, "channel", "a", "content", content)
                }
                _ = try await harness.redis.transaction([RedisCommand("DEL", RedisKeys.messages)] + kept)
                try await eventually("the loss is noticed") { agent.metric("push_agent_stream_restarts_total") == 1 }
                // Below what was read last: another Redis' clock.
                let next = StreamID(milliseconds: ids[1].milliseconds, sequence: 1)
                try await harness.publish("a", "4", id: next)
                try await harness.waitForPosition(next.description)
                #expect(harness.pushStream.messages.map(\.body) == ["1", "2", "3", "4"])
            }
        }
    }

    @Test("The lag is the age of the oldest entry that push-stream has not got") func lag() async throws {
        try await Harness.run { harness in
            try await harness.pushStream.stop()
            let old = StreamID(milliseconds: WallClock.milliseconds() - 60_000, sequence: 0)
            try await harness.publish("a", "1", id: old)
            try await harness.withAgent { agent in
                try await eventually("the lag") { (60...120).contains(agent.metric("push_agent_lag_seconds") ?? 0) }
                try await harness.pushStream.listen()
                try await harness.waitForPosition(old.description)
                try await eventually("no lag") { agent.metric("push_agent_lag_seconds") == 0 }
            }
        }
    }

    @Test("Ids that went back do not stop the agent") func idsWentBack() async throws {
        try await Harness.run { harness in
            try await harness.withAgent { agent in
                let ids = try await harness.publish("a", "before")
                try await harness.waitForPosition(try #require(ids.last))
                try await harness.redis.send(RedisCommand("FLUSHALL"))
                // A Redis whose clock is behind.
                let behind = WallClock.milliseconds() - 60_000
                try await harness.publish("a", "after", id: StreamID(milliseconds: behind, sequence: 0))
                try await harness.waitForPosition("\(behind)-0")
                #expect(harness.pushStream.messages.map(\.body) == ["before", "after"])
                #expect(agent.metric("push_agent_stream_restarts_total") == 1)
                try await harness.publish("a", "more", id: StreamID(milliseconds: behind, sequence: 1))
                try await harness.waitForMessages(3)
            }
        }
    }
}

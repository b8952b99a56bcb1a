import Foundation
import NIOCore
import NIOPosix
import PushModels
import PushTestSupport
import Testing

@testable import PushAgent

@Suite("Small parts") struct SmallPartsTests {
    @Test("Entry ids are read, ordered and printed") func streamID() {
        #expect(StreamID("5-3")?.description == "5-3")
        #expect(StreamID("5") == StreamID(milliseconds: 5, sequence: 0))
        #expect(StreamID(milliseconds: 4, sequence: .max) < StreamID(milliseconds: 5, sequence: 0))
        #expect(StreamID(milliseconds: 5, sequence: 0).predecessor == StreamID(milliseconds: 4, sequence: .max))
        #expect(StreamID(milliseconds: 5, sequence: 2).predecessor == StreamID(milliseconds: 5, sequence: 1))
        #expect(StreamID.zero.predecessor == .zero)
        #expect(StreamID.windowStart(nowMilliseconds: 1_000, window: .seconds(5)) == .zero)
    }

    @Test("Other texts are no id", arguments: ["", "-", "5-", "-5", "+5-1", "a-b", "5-3-1", "18446744073709551616-0", "5 -1"])
    func noStreamID(text: String) { #expect(StreamID(text) == nil) }

    @Test("Back-off doubles up to its limit, and jitter takes away half at most") func backOff() {
        let backOff = BackOff(first: .milliseconds(100), longest: .seconds(1))
        #expect(
            (1...6).map { backOff.delay(attempt: $0, jitter: 1) } == [100, 200, 400, 800, 1_000, 1_000].map { .milliseconds($0) })
        #expect(backOff.delay(attempt: 1, jitter: 0) == .milliseconds(50))
        #expect(backOff.delay(attempt: .max, jitter: 1) == .seconds(1))
        #expect(backOff.delay(attempt: 0, jitter: 1) == .milliseconds(100))
    }

    @Test(
        "Addresses of push-stream",
        arguments: [
            ("http://localhost:9081", .tcp(host: "localhost", port: 9081)),
            ("http://push-stream/", .tcp(host: "push-stream", port: 80)),
            ("HTTP://[::1]:81", .tcp(host: "::1", port: 81)), ("unix:/run/p.sock", .unixDomainSocket(path: "/run/p.sock")),
        ] as [(String, PushStreamAddress)])
    func address(text: String, expected: PushStreamAddress) {
        #expect(PushStreamAddress(text) == expected)
        #expect(PushStreamAddress(expected.description) == expected)
    }

    @Test(
        "Other texts are no address",
        arguments: [
            "", "localhost:9081", "https://h", "http://", "http://h:0", "http://h:70000", "http://h:x", "http://h/path",
            "unix:relative",
            "http://a b", "http://h\r\nX: y", "http://user@h", "http://[::1",
        ])
    func noAddress(text: String) { #expect(PushStreamAddress(text) == nil) }

    @Test("A pause by the event loop ends in time, and at once when the task is cancelled") func sleep() async throws {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        try await eventLoop.sleep(for: .milliseconds(1))
        try await withDeadline(.seconds(60)) {
            let task = Task { try await eventLoop.sleep(for: .seconds(3_600)) }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
        }
    }

    @Test("A report keeps push-stream's fields, and leaves out what is no channel") func report() throws {
        let all = """
            {"hostname": "s", "infos": [{"channel": "a/b", "subscribers": 2, "rate": 1.5, "ok": true, "big": 9007199254740993},
            {"nothing": 1}, 5]}
            """
        let report = StatisticsReport(
            summary: ByteBuffer(string: "{\"channels\": 1}"), all: ByteBuffer(string: all), agent: "n", hostname: "fallback",
            keys: RedisKeys())
        let made = try #require(report)
        #expect(made.global.key == "stats_global:n")
        #expect(made.global.value == #"{"agent":"n","channels":1,"hostname":"fallback"}"#)
        #expect(made.channels.map(\.key) == ["stats_channel:a/b:n"])
        #expect(
            made.channels.first?.value
                == #"{"agent":"n","big":9007199254740993,"channel":"a/b","hostname":"s","ok":true,"rate":1.5,"subscribers":2}"#)
    }

    @Test("What is no statistics is no report", arguments: ["", "[]", "{}", "{\"infos\": {}}", "<html>"]) func noReport(
        all: String
    ) {
        let report = StatisticsReport(
            summary: ByteBuffer(string: "{}"), all: ByteBuffer(string: all), agent: "n", hostname: "h", keys: RedisKeys())
        #expect(report == nil)
    }

    @Test("A signal wakes the waiter, is remembered, and gives way to cancellation") func signal() async throws {
        let signal = Signal()
        signal.raise()
        signal.raise()
        await signal.wait()
        try await withDeadline(.seconds(60)) {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await signal.wait() }
                signal.raise()
                await group.waitForAll()
                group.addTask { await signal.wait() }
                group.cancelAll()
            }
        }
    }
}

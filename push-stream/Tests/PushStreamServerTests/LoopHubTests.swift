import NIOCore
import NIOPosix
import PushStreamCore
import Synchronization
import Testing

@testable import PushStreamServer

@Suite struct LoopHubTests {
    /// A hub with nobody on it.
    static func makeHub(_ loop: any EventLoop) throws -> LoopHub {
        let configuration = try TestEngine.configuration(TestEngine.Options())
        let mailbox = ChannelStore.Mailbox {}
        let store = ChannelStore(settings: configuration.store, mailboxes: [mailbox], now: ProcessIdentity.now())
        let context = EngineContext(
            store: store, log: try ErrorLog.discarding(), loops: [LoopMetrics()])
        return try LoopHub(eventLoop: loop, index: 0, context: context, limits: LoopHub.Limits(configuration), mailbox: mailbox)
    }

    /// The loop takes due timers and waiting tasks in one batch, so a timer can run after it was cancelled and its hub is gone.
    @Test func aTimerThatIsDueWhenTheHubEndsDoesNothing() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let box = NIOLoopBoundBox<LoopHub?>.makeEmptyBox(valueType: LoopHub.self, eventLoop: loop)
        try await loop.submit {
            let hub = try Self.makeHub(loop)
            hub.startTimer()
            box.value = hub
            loop.execute {
                box.value?.stopTimer()
                box.value = nil
            }
            // Holds the loop until the timer is due together with the task above.
            let due = NIODeadline.now() + .milliseconds(Int64(LoopHub.tickLength) + 5)
            while NIODeadline.now() < due {}
        }.get()
        // Comes after the batch with both.
        #expect(try await loop.submit { box.value == nil }.get())
        try await loop.scheduleTask(in: .milliseconds(1)) {}.futureResult.get()
        try await group.shutdownGracefully()
    }

    @Test func aClockThatIsSetNeitherFiresTimersNorHoldsThemBack() async throws {
        try await TestEngine.run({ $0.connectionTTL = 600_000 }) { server in
            let client = try await server.subscribe("/ev/a", started: ": \n")
            let subscribers = try await server.onLoop { hub in
                hub.clock.wall = { ProcessIdentity.now() + 86_400_000 }
                hub.fireTimers()
                let later = hub.lists.count
                hub.clock.wall = { ProcessIdentity.now() - 86_400_000 }
                hub.advance(by: 400_000)
                let earlier = hub.lists.count
                hub.advance(by: 602_000)
                return [later, earlier, hub.lists.count]
            }
            #expect(subscribers == [1, 1, 0])
            // Milliseconds of the system, seconds of HTTP.
            client.clear()
            try await client.send("GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n")
            try await client.wait(for: "\r\n\r\nok")
        }
    }

    /// A request that had begun when the engine began to end, and turns into a stream then.
    @Test func aSubscriberThatComesWhileTheEngineEndsIsEndedAtOnce() async throws {
        try await TestEngine.run { server in
            let late = try await server.connect()
            try await late.send("GET /ev/a HTTP/1.1\r\nHost: t\r\n")
            let idle = try await server.connect()
            try await idle.send("GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n")
            try await idle.wait(for: "\r\n\r\nok")
            try await server.wait("a request that has begun") { $0.connections.count == 2 }
            let end = Task { await server.engine.shutdown(gracePeriod: .seconds(600)) }
            try await idle.waitForClose()
            try await late.send("\r\n")
            let text = try await late.waitForClose()
            #expect(text.contains("\r\n\r\n") && text.hasSuffix("0\r\n\r\n"))
            await end.value
        }
    }

    @Test func aConnectionThatTurnsIntoAStreamIsCounted() async throws {
        try await TestEngine.run { server in
            let client = try await server.connect()
            try await server.wait("a connection without a request") { $0.connectionCount == 1 }
            try await client.send("GET /ev/a HTTP/1.1\r\nHost: t\r\n\r\n")
            try await client.wait(for: ": \n")
            let counts = try await server.onLoop { [$0.connectionCount, $0.metrics.connections.load(ordering: .relaxed)] }
            #expect(counts == [1, 1])
        }
    }
}

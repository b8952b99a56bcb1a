import NIOCore
import NIOPosix
import PushStreamCore
import Testing

@testable import PushStreamServer

@Suite struct LoopHubTests {
    /// A hub with nobody on it.
    private static func makeHub(_ loop: any EventLoop) throws -> LoopHub {
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
}

public import CoreMetrics
public import Logging
public import NIOCore
public import NIOPosix
public import ServiceLifecycle
import Synchronization

/// A Redis client over one connection, which it keeps alive while it runs.
///
/// Commands of all tasks share the connection and are pipelined: what is sent within one turn of the event loop leaves in one write.
/// Answers come in the order of the commands, so a blocking command (`XREAD BLOCK`) holds up all others: give it a client of its own.
///
/// - Commands sent while there is no connection wait for one, until their timeout.
/// - Commands that were written and not answered when the connection is lost fail with `mayHaveExecuted`; they are never repeated.
/// - A server that refuses the client (`WRONGPASS`, `NOAUTH`) is asked again with growing pauses; until it gives in, commands fail at
///   once with its error.
public final class RedisClient: Service, Sendable {
    typealias Outcome = Result<[RedisValue], RedisError>
    /// Who waits for the answers of a request.
    enum Waiter: Sendable {
        case task(CheckedContinuation<Outcome, Never>)
        case callback(@Sendable (Outcome) -> Void)

        func resume(returning outcome: Outcome) {
            switch self {
            case .task(let continuation): continuation.resume(returning: outcome)
            case .callback(let callback): callback(outcome)
            }
        }
    }

    public let configuration: RedisConfiguration
    let eventLoop: any EventLoop
    let logger: Logger
    let metrics: RedisMetrics
    private let state: Mutex<StateMachine<Waiter, RedisConnection>>
    /// Ends when the client has been shut down and nothing is outstanding.
    let drained: AsyncStream<Never>
    private let drainedContinuation: AsyncStream<Never>.Continuation

    /// - Parameter eventLoopGroup: the client lives on one of its event loops.
    public init(
        configuration: RedisConfiguration,
        eventLoopGroup: any EventLoopGroup = .singletonMultiThreadedEventLoopGroup,
        logger: Logger,
        metricsFactory: any MetricsFactory = MetricsSystem.factory
    ) {
        self.configuration = configuration
        self.logger = logger
        metrics = RedisMetrics(factory: metricsFactory)
        eventLoop = eventLoopGroup.next()
        (drained, drainedContinuation) = AsyncStream.makeStream()
        state = Mutex(
            StateMachine(
                maximumCommands: configuration.maximumOutstandingCommands,
                maximumBytes: configuration.maximumOutstandingBytes,
                stallTimeout: TimeAmount(clamping: configuration.commandTimeout)))
    }

    // MARK: Commands

    /// Sends the encoded commands as one unit and waits for all their answers.
    ///
    /// - Parameter isCancellable: `false` for clean-up that must reach the server although the task is cancelled.
    func submit(_ payload: ByteBuffer, commandCount: Int, timeout: Duration?, isCancellable: Bool) async -> Outcome {
        metrics.sent(commandCount)
        let outcome: Outcome
        if isCancellable {
            let ticket = Ticket()
            outcome = await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    enqueue(payload, commandCount: commandCount, timeout: timeout, waiter: .task(continuation), ticket: ticket)
                    // A cancellation that came before the ticket had a number has found nothing to cancel.
                    if Task.isCancelled { cancel(ticket) }
                }
            } onCancel: {
                cancel(ticket)
            }
        } else {
            outcome = await withCheckedContinuation { continuation in
                enqueue(payload, commandCount: commandCount, timeout: timeout, waiter: .task(continuation), ticket: nil)
            }
        }
        if case .failure(let error) = outcome { metrics.failed(error) }
        return outcome
    }

    /// As above, for who is no task.
    func submit(
        _ payload: ByteBuffer, commandCount: Int, timeout: Duration?, _ completion: @escaping @Sendable (Outcome) -> Void
    ) {
        metrics.sent(commandCount)
        let metrics = metrics
        let waiter = Waiter.callback { outcome in
            if case .failure(let error) = outcome { metrics.failed(error) }
            completion(outcome)
        }
        enqueue(payload, commandCount: commandCount, timeout: timeout, waiter: waiter, ticket: nil)
    }

    /// The number of a request, for the cancellation handler, which exists before the number does.
    private final class Ticket: Sendable {
        let id = Atomic<UInt64>(0)
    }

    private func enqueue(_ payload: ByteBuffer, commandCount: Int, timeout: Duration?, waiter: Waiter, ticket: Ticket?) {
        let timeout = TimeAmount(clamping: timeout ?? configuration.commandTimeout)
        let action = state.withLock { state in
            state.send(payload, commandCount: commandCount, timeout: timeout, now: .now(), waiter: waiter)
        }
        switch action {
        case .reject(let error):
            waiter.resume(returning: .failure(error))
        case .accept(let id, let connection, let deadline):
            ticket?.id.store(id, ordering: .sequentiallyConsistent)
            if let connection { eventLoop.execute { self.drain(connection) } }
            if let deadline { schedule(at: deadline) }
        }
    }

    private func cancel(_ ticket: Ticket) {
        let id = ticket.id.load(ordering: .sequentiallyConsistent)
        guard id != 0, case .fail(let waiter, let error, let finished) = state.withLock({ $0.cancel(id) }) else { return }
        waiter.resume(returning: .failure(error))
        if finished { drainedContinuation.finish() }
    }

    private func complete(_ completions: [StateMachine<Waiter, RedisConnection>.Completion], finished: Bool) {
        for (waiter, result) in completions { waiter.resume(returning: result) }
        if finished { drainedContinuation.finish() }
    }

    private func schedule(at deadline: NIODeadline) {
        eventLoop.scheduleTask(deadline: deadline) { self.tick() }
    }

    private func tick() {
        let action = state.withLock { $0.tick(now: .now()) }
        complete(action.completions, finished: action.finished)
        if let deadline = action.arm { schedule(at: deadline) }
        action.close?.close(RedisError(code: .connection, message: "the server has stopped answering"))
    }

    /// Writes what is queued, as long as the socket takes it, and flushes once. On the event loop.
    private func drain(_ connection: RedisConnection) {
        let channel = connection.channel
        var needsFlush = false
        while channel.isWritable {
            let batch = state.withLock { $0.take(connection: connection.id, byteLimit: Self.batchBytes, now: .now()) }
            guard !batch.isEmpty else { break }
            for buffer in Self.joined(batch) { channel.write(buffer, promise: nil) }
            needsFlush = true
        }
        if needsFlush { channel.flush() }
    }

    /// How much is taken from the queue at a time: between takes the socket's state is looked at.
    private static let batchBytes = 256 << 10

    /// Puts small buffers together, so that thousands of small commands cost one write and not one each.
    private static func joined(_ batch: [ByteBuffer]) -> [ByteBuffer] {
        guard batch.count > 1 else { return batch }
        var result: [ByteBuffer] = []
        var current = ByteBuffer()
        for var buffer in batch {
            if buffer.readableBytes > 16 << 10 {
                if current.readableBytes > 0 { result.append(current) }
                current = ByteBuffer()
                result.append(buffer)
            } else {
                current.writeBuffer(&buffer)
            }
        }
        if current.readableBytes > 0 { result.append(current) }
        return result
    }

    // MARK: Connection

    func start() -> Bool { state.withLock { $0.start() } }

    func beginDrain() {
        if state.withLock({ $0.drain() }) { drainedContinuation.finish() }
    }

    func finish() {
        complete(state.withLock { $0.close() }, finished: true)
    }

    /// Takes a greeted connection into use. `false` if it has ended meanwhile or is not wanted any more.
    func adopt(_ connection: RedisConnection) async -> Bool {
        let adopted = eventLoop.submit {
            guard self.state.withLock({ $0.connected(connection, id: connection.id, now: .now()) }) else { return false }
            guard connection.activate(self) else { return false }
            self.drain(connection)
            return true
        }
        return (try? await adopted.get()) ?? false
    }

    func lost(_ connection: RedisConnection, reason: RedisError) {
        let action = state.withLock { $0.disconnected(connection.id, reason: reason) }
        complete(action.completions, finished: action.finished)
    }

    func connectFailed(_ failure: RedisConnector.Failure) {
        let action = state.withLock { $0.connectFailed(failure.error, isRefusal: failure.isRefusal) }
        complete(action.completions, finished: action.finished)
    }
}

extension RedisClient: RedisConnectionDelegate {
    func received(_ replies: [RedisValue], on connection: RedisConnection) throws(RedisError) {
        switch state.withLock({ $0.received(replies, connection: connection.id, now: .now()) }) {
        case .complete(let completions, let close, let finished):
            complete(completions, finished: finished)
            if let close { connection.close(close) }
        case .violation(let completions, let error):
            complete(completions, finished: false)
            throw error
        }
    }

    func becameWritable(_ connection: RedisConnection) { drain(connection) }
}

import NIOCore
import Synchronization

/// A connection to a server: a channel whose last handler is a `RedisConnectionHandler`.
final class RedisConnection: Sendable {
    private static let count = Atomic<Int>(0)

    /// No two connections of the process have the same.
    let id = RedisConnection.count.add(1, ordering: .relaxed).newValue
    let channel: any Channel
    private let handler: NIOLoopBound<RedisConnectionHandler>
    private let closedFuture: EventLoopFuture<RedisError>

    /// To be called on the channel's event loop.
    init(channel: any Channel, handler: RedisConnectionHandler) {
        self.channel = channel
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
        closedFuture = handler.closedFuture
    }

    /// Sends commands together and gives their answers, errors among them, before the connection is active.
    ///
    /// When the timeout passes or the task is cancelled the connection is closed.
    func exchange(_ commands: [RedisCommand], timeout: Duration) async throws(RedisError) -> [RedisValue] {
        var buffer = channel.allocator.buffer(capacity: 256)
        for command in commands { try CommandEncoder.encode(command, into: &buffer) }
        let payload = buffer
        let promise = channel.eventLoop.makePromise(of: [RedisValue].self)
        let timer = channel.eventLoop.scheduleTask(in: TimeAmount(clamping: timeout)) {
            self.close(RedisError(code: .connection, message: "the server did not answer within \(timeout)"))
        }
        defer { timer.cancel() }
        channel.eventLoop.execute { self.handler.value.exchange(payload, count: commands.count, promise: promise) }
        do {
            return try await withTaskCancellationHandler {
                try await promise.futureResult.get()
            } onCancel: {
                self.close(RedisError(code: .cancelled, message: "connecting was cancelled"))
            }
        } catch {
            throw error as? RedisError ?? RedisError(code: .connection, message: "the connection failed: \(error)")
        }
    }

    /// Hands the connection to `delegate`. `false` if it has ended meanwhile. To be called on the event loop.
    func activate(_ delegate: any RedisConnectionDelegate) -> Bool {
        handler.value.activate(delegate, connection: self)
    }

    /// Waits until the connection has ended and gives the reason. If the task is cancelled, the connection is closed.
    func waitUntilClosed() async -> RedisError {
        await withTaskCancellationHandler {
            do {
                return try await closedFuture.get()
            } catch {
                return RedisError(code: .connection, message: "the connection failed: \(error)")
            }
        } onCancel: {
            close(RedisError(code: .closed, message: "the client was closed"))
        }
    }

    /// Ends the connection; the first reason counts.
    func close(_ reason: RedisError) {
        if channel.eventLoop.inEventLoop {
            handler.value.end(reason)
        } else {
            channel.eventLoop.execute { self.handler.value.end(reason) }
        }
    }
}

extension TimeAmount {
    /// `duration`, but no less than zero and no more than a year: far enough, and no overflow when it is added to a point in time.
    init(clamping duration: Duration) {
        self.init(min(max(duration, .zero), .seconds(365 * 86400)))
    }
}

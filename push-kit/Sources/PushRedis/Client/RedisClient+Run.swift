import Logging
import NIOCore
import ServiceLifecycle

extension RedisClient {
    /// Keeps a connection alive until the service group shuts down or the task is cancelled.
    ///
    /// On graceful shutdown new commands are refused, outstanding ones get their answers or time out, then the connection is closed.
    /// On cancellation outstanding commands fail with `closed` at once.
    ///
    /// - Throws: `closed` if the client has been run before.
    public func run() async throws {
        guard start() else { throw RedisError(code: .closed, message: "the client has been run before") }
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.keepConnected() }
                // Ends when all is drained, and also when this task is cancelled.
                for await _ in self.drained {}
                self.finish()
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.beginDrain()
        }
    }

    /// Connects, waits for the end of the connection, pauses, and so on.
    private func keepConnected() async {
        let connector = RedisConnector(configuration: configuration, eventLoop: eventLoop, logger: logger)
        var backoff = Backoff(minimum: configuration.minimumBackoff, maximum: configuration.maximumBackoff)
        var wasConnected = false
        while !Task.isCancelled {
            do {
                let connection = try await connector.connect()
                if wasConnected { metrics.reconnected() }
                wasConnected = true
                logger.debug("connected to Redis", metadata: ["push-redis-url": "\(configuration.redactedURL)"])
                let since = ContinuousClock.now
                let reason = await hold(connection)
                // A server that accepts and drops connections at once must not be asked in a tight circle.
                if since.duration(to: .now) > .seconds(1) { backoff.reset() }
                if Task.isCancelled { return }
                logger.warning("lost the connection to Redis", metadata: metadata(reason))
            } catch {
                if Task.isCancelled { return }
                connectFailed(error)
                metrics.failed(error.error)
                logger.warning("can't connect to Redis", metadata: metadata(error.error))
            }
            do {
                try await Task.sleep(for: backoff.next())
            } catch {
                return
            }
        }
    }

    private func metadata(_ error: RedisError) -> Logger.Metadata {
        ["push-redis-url": "\(configuration.redactedURL)", "error": "\(error.message)", "code": "\(error.code.label)"]
    }

    private func hold(_ connection: RedisConnection) async -> RedisError {
        let adopted = await adopt(connection)
        if !adopted { connection.close(RedisError(code: .closed, message: "the client was closed")) }
        let reason = await connection.waitUntilClosed()
        lost(connection, reason: reason)
        return reason
    }
}

import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// Makes connections that are greeted and ready: TCP, TLS, `AUTH`, `SELECT`, `CLIENT SETNAME`, and Sentinel before all of it.
struct RedisConnector: Sendable {
    let configuration: RedisConfiguration
    let eventLoop: any EventLoop
    let logger: Logger

    /// A failed attempt.
    struct Failure: Error {
        var error: RedisError
        /// The server answered, and will answer the same next time: callers should hear it rather than wait.
        var isRefusal = false
    }

    func connect() async throws(Failure) -> RedisConnection {
        switch configuration.target {
        case .server(let address):
            return try await connect(to: .tcp(address), mustBeMaster: false)
        case .socket(let path):
            return try await connect(to: .socket(path), mustBeMaster: false)
        case .sentinel(let sentinels, let master):
            return try await connect(to: .tcp(askSentinels(sentinels, for: master)), mustBeMaster: true)
        }
    }

    /// What one connection is made to.
    private enum Endpoint: CustomStringConvertible {
        case tcp(RedisConfiguration.Address)
        case socket(String)

        var description: String {
            switch self {
            case .tcp(let address): address.description
            case .socket(let path): path
            }
        }

        /// The name that the server's certificate must have. A literal address can't be a server name in TLS; then the
        /// certificate's addresses are checked.
        var serverName: String? {
            guard case .tcp(let address) = self,
                (try? SocketAddress(ipAddress: address.host, port: address.port)) == nil
            else { return nil }
            return address.host
        }
    }

    private func connect(to endpoint: Endpoint, mustBeMaster: Bool) async throws(Failure) -> RedisConnection {
        let connection = try await open(endpoint)
        do {
            try await greet(connection, mustBeMaster: mustBeMaster)
            return connection
        } catch {
            connection.close(error.error)
            throw error
        }
    }

    private func greet(_ connection: RedisConnection, mustBeMaster: Bool) async throws(Failure) {
        let steps = GreetingStep.steps(configuration, mustBeMaster: mustBeMaster)
        let replies = try await exchange(steps.map(\.command), on: connection)
        for (step, reply) in zip(steps, replies) {
            if let failure = step.failure(for: reply) { throw failure }
            if let error = reply.error {
                logger.debug(
                    "Redis refused a step of the greeting", metadata: ["push-redis-step": "\(step.kind)", "error": "\(error)"])
            }
        }
    }

    /// Asks one Sentinel after the other until one knows the master.
    private func askSentinels(_ sentinels: [RedisConfiguration.Address], for master: String) async throws(Failure)
        -> RedisConfiguration.Address
    {
        var last = Failure(error: RedisError(code: .connection, message: "no Sentinel is given"))
        for sentinel in sentinels {
            do {
                return try await ask(sentinel, for: master)
            } catch {
                last = error
                if Task.isCancelled { break }
            }
        }
        throw last
    }

    private func ask(_ sentinel: RedisConfiguration.Address, for master: String) async throws(Failure)
        -> RedisConfiguration.Address
    {
        let connection = try await open(.tcp(sentinel))
        defer { connection.close(RedisError(code: .closed, message: "the Sentinel has been asked")) }
        var commands = [RedisCommand("SENTINEL", "get-master-addr-by-name", master)]
        if let credentials = configuration.sentinelCredentials { commands.insert(.auth(credentials), at: 0) }
        let replies = try await exchange(commands, on: connection)
        if let error = replies.lazy.compactMap(\.error).first { throw Failure(error: error, isRefusal: true) }
        guard let answer = replies.last?.array, answer.count == 2, let host = answer[0].string, let port = answer[1].int else {
            throw Failure(error: RedisError(code: .connection, message: "the Sentinel \(sentinel) does not know \(master)"))
        }
        return RedisConfiguration.Address(host: host, port: port)
    }

    private func exchange(_ commands: [RedisCommand], on connection: RedisConnection) async throws(Failure) -> [RedisValue] {
        do {
            return try await connection.exchange(commands, timeout: configuration.connectTimeout)
        } catch {
            throw Failure(error: error)
        }
    }

    /// Reads the certificates anew for each connection, so that renewed ones are taken up. `nil` without TLS.
    private func makeTLSContext() throws(Failure) -> NIOSSLContext? {
        do {
            return try configuration.tls.map { try NIOSSLContext(configuration: $0.makeConfiguration()) }
        } catch {
            let reason = RedisError(code: .connection, message: "the certificates for TLS can't be used: \(error)")
            throw Failure(error: reason, isRefusal: true)
        }
    }

    /// Makes the connection; TLS goes on beneath the greeting.
    private func open(_ endpoint: Endpoint) async throws(Failure) -> RedisConnection {
        let maximumReplyBytes = configuration.maximumReplyBytes
        let tlsContext = try makeTLSContext()
        let serverName = endpoint.serverName
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(clamping: configuration.connectTimeout))
            .channelOption(.writeBufferWaterMark, value: ChannelOptions.Types.WriteBufferWaterMark(low: 256 << 10, high: 1 << 20))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tlsContext {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tlsContext, serverHostname: serverName))
                    }
                    let decoder = try ReplyDecoder(maximumReplyBytes: maximumReplyBytes)
                    try channel.pipeline.syncOperations.addHandler(
                        RedisConnectionHandler(decoder: decoder, eventLoop: channel.eventLoop))
                }
            }
        let channel =
            switch endpoint {
            case .tcp(let address):
                bootstrap.channelOption(.socketOption(.so_keepalive), value: 1)
                    .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .connect(host: address.host, port: address.port)
            case .socket(let path):
                bootstrap.connect(unixDomainSocketPath: path)
            }
        let connecting = channel.flatMapThrowing { channel in
            RedisConnection(
                channel: channel, handler: try channel.pipeline.syncOperations.handler(type: RedisConnectionHandler.self))
        }
        do {
            return try await ConnectAttempt.run(connecting)
        } catch {
            let reason = error as? RedisError ?? RedisError(code: .connection, message: "can't connect to \(endpoint): \(error)")
            throw Failure(error: reason)
        }
    }
}

/// Waits for a connect that can't be stopped, but not after the task is cancelled: then the connection is closed when it comes.
private final class ConnectAttempt: Sendable {
    private struct State {
        var continuation: CheckedContinuation<RedisConnection, any Error>?
        var isCancelled = false
    }

    private let state = Mutex(State())

    static func run(_ future: EventLoopFuture<RedisConnection>) async throws -> RedisConnection {
        let attempt = ConnectAttempt()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                attempt.begin(continuation)
                future.whenComplete(attempt.end)
            }
        } onCancel: {
            attempt.cancel()
        }
    }

    private func begin(_ continuation: CheckedContinuation<RedisConnection, any Error>) {
        let isCancelled = state.withLock { state in
            if !state.isCancelled { state.continuation = continuation }
            return state.isCancelled
        }
        if isCancelled { continuation.resume(throwing: Self.cancelled) }
    }

    private func end(_ result: Result<RedisConnection, any Error>) {
        if let continuation = state.withLock({ $0.continuation.take() }) {
            continuation.resume(with: result)
        } else if case .success(let connection) = result {
            connection.close(Self.cancelled)
        }
    }

    private func cancel() {
        let continuation = state.withLock { state in
            state.isCancelled = true
            return state.continuation.take()
        }
        continuation?.resume(throwing: Self.cancelled)
    }

    private static var cancelled: RedisError { RedisError(code: .cancelled, message: "connecting was cancelled") }
}

extension RedisConfiguration.TLS {
    fileprivate func makeConfiguration() throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let trustRootsFile { configuration.trustRoots = .file(trustRootsFile) }
        if let certificateFile {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificateFile).map { .certificate($0) }
        }
        if let privateKeyFile { configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: privateKeyFile, format: .pem)) }
        return configuration
    }
}

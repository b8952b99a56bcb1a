import NIOCore
import NIOHTTP1
import NIOPosix
import PushModels
import PushTestSupport
import Synchronization

/// A push-stream at the edge: takes pipelined publishes, answers statistics, and misbehaves on request.
final class FakePushStream: Sendable {
    struct Published: Equatable, Sendable {
        var channel: String
        var eventID: String?
        var body: String
        var isEnsure = false
    }

    enum Reaction: Sendable {
        case take
        /// Answers with this status and stores nothing.
        case answer(Int)
        /// Answers with this status, stores nothing and closes, as push-stream does when its store is full.
        case answerAndClose(Int)
        /// Closes the connection; the message is lost.
        case cut
        /// Stores the message and closes the connection without an answer.
        case takeAndCut
        /// Takes it, and closes after the answer, as Nginx does after `keepalive_requests`.
        case takeAndClose
    }

    enum Identity: Equatable, Sendable {
        case instance(String)
        /// Like an Nginx with the module: seconds from 1970.
        case started(Int)
    }

    struct State {
        /// What was published in this life of the store, in order.
        var stored: [Published] = []
        /// What was published in all lives.
        var history: [Published] = []
        var requests = 0
        var connections = 0
        var answersAreHeld = false
        var identity = Identity.instance("life-1")
        var life = 1
        var extraChannels = 0
        var agents: Set<String> = []
        var statisticsStatus = 200
        var react: @Sendable (Published, Int) -> Reaction = { _, _ in .take }
        var channels: [ObjectIdentifier: FakeConnection] = [:]
        var listener: (any Channel)?
    }

    let state = Mutex(State())
    let port: Int
    private let unixPath: String?

    init(port: Int, unixPath: String? = nil) {
        self.port = port
        self.unixPath = unixPath
    }

    static func start(unixPath: String? = nil) async throws -> FakePushStream {
        let server = FakePushStream(port: try freePort(), unixPath: unixPath)
        try await server.listen()
        return server
    }

    func listen() async throws {
        let bootstrap = ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withPipeliningAssistance: false)
                    let connection = FakeConnection(server: self, channel: channel)
                    try channel.pipeline.syncOperations.addHandler(connection.handler)
                }
            }
        let listener: any Channel
        if let unixPath {
            listener = try await bootstrap.bind(unixDomainSocketPath: unixPath, cleanupExistingSocketFile: true).get()
        } else {
            listener = try await bootstrap.bind(host: "127.0.0.1", port: self.port).get()
        }
        self.state.withLock { $0.listener = listener }
    }

    /// Closes the listener and all connections.
    func stop() async throws {
        let (listener, connections) = self.state.withLock { state in
            defer {
                state.listener = nil
                state.channels = [:]
            }
            return (state.listener, Array(state.channels.values))
        }
        try await listener?.close()
        for connection in connections { try? await connection.channel.close() }
    }

    /// Loses all that is stored, as a process that is started again.
    func loseStore(identity: Identity? = nil) {
        self.state.withLock { state in
            state.stored = []
            state.life += 1
            state.identity = identity ?? .instance("life-\(state.life)")
        }
    }

    func cutConnections() async {
        let connections = self.state.withLock { Array($0.channels.values) }
        for connection in connections { try? await connection.channel.close() }
    }

    var stored: [Published] { self.state.withLock(\.stored) }
    var messages: [Published] { self.stored.filter { !$0.isEnsure } }

    func react(_ react: @escaping @Sendable (Published, Int) -> Reaction) {
        self.state.withLock { $0.react = react }
    }

    func holdAnswers() { self.state.withLock { $0.answersAreHeld = true } }

    func releaseAnswers() {
        let connections = self.state.withLock { state in
            state.answersAreHeld = false
            return Array(state.channels.values)
        }
        for connection in connections { connection.flush() }
    }

    /// The ids of what is stored on each channel, in order.
    func eventIDs(of channel: String) -> [String] { self.messages.filter { $0.channel == channel }.compactMap(\.eventID) }
}

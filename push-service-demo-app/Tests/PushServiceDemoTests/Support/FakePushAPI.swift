import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import PushRuntime
import PushTestSupport
import Synchronization

/// What the app asks of push-api, with answers that a test chooses; the real one is driven by the integration tests.
final class FakePushAPI: Sendable {
    struct Publication: Decodable, Sendable {
        let channels: [String]
        let content: String
    }

    enum Mode: Sendable {
        case working
        /// Every request gets this.
        case refusing(HTTPResponse.Status, body: String)
        /// No request gets anything.
        case silent
        /// Publications are taken, but their answers get lost.
        case forgetful
        /// A publication with this in it is refused for good.
        case choosy(String)
    }

    private struct State {
        var mode = Mode.working
        var publications: [Publication] = []
        var keys: [String] = []
        var channels: [String: Int] = [:]
        var requests = 0
        var server: Task<Void, any Error>?
        var pushStreamURL: String
    }

    static let password = "s3cret & long"

    let port: Int
    private let state: Mutex<State>

    init() async throws {
        self.port = try freePort()
        self.state = Mutex(State(pushStreamURL: "http://127.0.0.1:\(self.port)"))
        try await self.start()
    }

    deinit { self.state.withLock { $0.server }?.cancel() }

    /// For the app.
    var variables: [String: String] {
        [
            "PUSHAAS_ENDPOINT": "http://127.0.0.1:\(self.port)", "PUSHAAS_USERNAME": "app", "PUSHAAS_PASSWORD": Self.password,
        ]
    }

    /// In the order of their arrival, each once.
    var publications: [Publication] { self.state.withLock { $0.publications } }
    /// Of all publications, repeated ones too.
    var keys: [String] { self.state.withLock { $0.keys } }
    var channels: [String: Int] { self.state.withLock { $0.channels } }
    var requests: Int { self.state.withLock { $0.requests } }

    func answer(_ mode: Mode) { self.state.withLock { $0.mode = mode } }
    func tell(pushStreamURL: String) { self.state.withLock { $0.pushStreamURL = pushStreamURL } }

    /// Ends it, with all connections.
    func stop() async {
        let server = self.state.withLock { state in
            defer { state.server = nil }
            return state.server
        }
        server?.cancel()
        _ = await server?.result
    }

    func start() async throws {
        let (listening, continuation) = AsyncStream.makeStream(of: Void.self)
        let service = HTTPService(
            router: self.router(), address: .init(host: "127.0.0.1", port: self.port),
            logger: Logger(label: "fake") { _ in SwiftLogNoOpLogHandler() }
        ) { _ in continuation.yield() }
        let server = Task {
            defer { continuation.finish() }
            try await service.run()
        }
        self.state.withLock { $0.server = server }
        for await _ in listening { return }
        try await server.value
    }

    private func router() -> Router<BasicRequestContext> {
        let router = Router(context: BasicRequestContext.self)
        router.get("healthz") { _, _ in "ok\n" }
        router.get("api/v1/config") { [self] request, _ in
            try await self.answering(request) {
                let url = self.state.withLock { $0.pushStreamURL }
                return Self.json(.ok, "{\"pushStream\":{\"url\":\"\(url)\",\"hostname\":\"h\",\"port\":1}}")
            }
        }
        router.post("api/v1/channels") { [self] request, _ in
            struct Channel: Decodable {
                let id: String
                let ttl: Int
            }
            let channel = try await Self.decode(Channel.self, request)
            return try await self.answering(request) {
                let isNew = self.state.withLock { $0.channels.updateValue(channel.ttl, forKey: channel.id) == nil }
                return isNew ? Self.json(.created, "{}") : Self.json(.badRequest, "{\"code\":11,\"message\":\"exists\"}")
            }
        }
        router.post("api/v1/messages") { [self] request, _ in
            let publication = try await Self.decode(Publication.self, request)
            let key = HTTPField.Name("Idempotency-Key").flatMap { request.headers[$0] } ?? ""
            return try await self.answering(request) {
                self.state.withLock { state in
                    if case .choosy(let text) = state.mode, publication.content.contains(text) {
                        return Self.json(.badRequest, "{\"code\":102,\"message\":\"no\"}")
                    }
                    if !state.keys.contains(key) { state.publications.append(publication) }
                    state.keys.append(key)
                    guard case .forgetful = state.mode else { return Response(status: .noContent) }
                    return Self.json(.internalServerError, "{\"code\":101,\"message\":\"Redis fell silent\"}")
                }
            }
        }
        return router
    }

    private func answering(_ request: Request, _ body: () throws -> Response) async throws -> Response {
        let mode = self.state.withLock { state in
            state.requests += 1
            return state.mode
        }
        switch mode {
        case .refusing(let status, let text): return Self.json(status, text)
        case .silent: try await Task.sleep(for: .seconds(3600))
        case .working, .forgetful, .choosy: break
        }
        let expected = "Basic " + Data("app:\(Self.password)".utf8).base64EncodedString()
        guard request.headers[.authorization] == expected else {
            return Self.json(.unauthorized, "{\"code\":401,\"message\":\"wrong credentials\"}")
        }
        return try body()
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ request: Request) async throws -> Value {
        let body = try await request.body.collect(upTo: 1 << 20)
        return try JSONDecoder().decode(type, from: Data(body.readableBytesView))
    }

    private static func json(_ status: HTTPResponse.Status, _ text: String) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import PushRuntime
import PushServiceDemo
import PushTestSupport
import ServiceLifecycle

/// The app in this process, on a port of its own.
struct RunningDemo: Sendable {
    struct Answer: Sendable {
        let status: Int
        let headers: HTTPHeaders
        let text: String

        func json<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
            try JSONDecoder().decode(type, from: Data(self.text.utf8))
        }
    }

    /// The body of an error.
    struct Problem: Decodable {
        let code: Int
        let message: String
        var article: Article?
    }

    let port: Int

    /// Runs the app while `body` runs.
    ///
    /// - Parameters:
    ///   - database: A path that may be there already; else one that is gone afterwards.
    ///   - variables: `PUSHAAS_...`, and others.
    static func run<Result: Sendable>(
        database: String? = nil, variables: [String: String] = [:], times: DemoTimes = .short,
        _ body: @escaping @Sendable (RunningDemo) async throws -> Result
    ) async throws -> Result {
        let folder = try TemporaryDirectory()
        let own = ["PORT": "0", "DEMO_SERVER__HOST": "127.0.0.1", "DEMO_DATABASE": database ?? folder.file("demo.sqlite")]
        let configuration = try DemoConfiguration(environment: own.merging(variables) { $1 })
        let (addresses, continuation) = AsyncStream.makeStream(of: SocketAddress.self)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let services = try buildDemo(
            configuration: configuration, times: times, registry: PrometheusRegistry(), drainState: DrainState(), logger: logger
        ) { continuation.yield($0) }
        let group = ServiceGroup(services: services, logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { continuation.finish() }
                try await group.run()
            }
            var port: Int?
            for await address in addresses {
                port = address.port
                break
            }
            guard let port else {
                try await tasks.waitForAll()
                throw StartupError("the app has ended")
            }
            let result = try await withDeadline(.seconds(120), "the test") { try await body(RunningDemo(port: port)) }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            withExtendedLifetime(folder) {}
            return result
        }
    }

    /// Follows no redirects.
    func send(
        _ method: HTTPMethod, _ path: String, body: String? = nil, headers: [(String, String)] = []
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(self.port)\(path)")
        request.method = method
        request.headers.add(contentsOf: headers)
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await Self.client.execute(request, timeout: .seconds(60))
        let text = String(buffer: try await response.body.collect(upTo: 1 << 22))
        return Answer(status: Int(response.status.code), headers: response.headers, text: text)
    }

    func get(_ path: String) async throws -> Answer { try await self.send(.GET, path) }

    /// Sends what a form sends.
    func submit(_ path: String, _ fields: [(String, String)], headers: [(String, String)] = []) async throws -> Answer {
        let plain = CharacterSet.alphanumerics.intersection(CharacterSet(charactersIn: "\0"..."\u{7F}"))
        func escaped(_ text: String) -> String { text.addingPercentEncoding(withAllowedCharacters: plain) ?? "" }
        let body = fields.map { "\(escaped($0.0))=\(escaped($0.1))" }.joined(separator: "&")
        return try await self.send(
            .POST, path, body: body, headers: [("Content-Type", "application/x-www-form-urlencoded")] + headers)
    }

    /// Writes an article through the API.
    @discardableResult
    func create(_ title: String, text: String = "") async throws -> Article {
        try await self.send(.POST, "/api/articles", body: Self.json(title, text)).json()
    }

    @discardableResult
    func update(_ article: Article, title: String) async throws -> Article {
        try await self.send(.PUT, "/api/articles/\(article.id)", body: Self.json(title, article.text, article.version)).json()
    }

    func report() async throws -> StatusReport { try await self.get("/api/config").json() }

    static func json(_ title: String, _ text: String, _ version: Int64? = nil) throws -> String {
        struct Input: Encodable {
            let title: String
            let text: String
            let version: Int64?
        }
        return String(decoding: try JSONEncoder().encode(Input(title: title, text: text, version: version)), as: UTF8.self)
    }

    private static let client = HTTPClient(
        eventLoopGroupProvider: .singleton, configuration: .init(redirectConfiguration: .disallow))
}

extension DemoTimes {
    /// Nothing stands or waits for long.
    static var short: DemoTimes {
        var times = DemoTimes()
        times.statusLifetime = .zero
        times.firstRetry = .milliseconds(10)
        times.longestRetry = .milliseconds(50)
        return times
    }
}

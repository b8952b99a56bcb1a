import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import PushRedis
import PushRuntime
import PushTestSupport
import PushaasCurl
import PushaasProvisioning
import PushaasTestProvider
import ServiceLifecycle
import Synchronization
import Testing

@testable import PushaasServer

/// A pushaas that serves its API on a free port, with a push-api for all its instances.
struct RunningService: Sendable {
    let instances: Instances
    let provider: PushaasTestProvider.FileProvider
    let pushAPI: FakePushAPI
    let binds: BindService
    let log: CapturedLog
    let url: String
    let pushAPIURL: String
    let curl: CurlClient

    /// Sends a form, as tsuru does.
    @discardableResult
    func send(
        _ method: String, _ path: String, _ fields: [(String, String)]? = nil, headers: [(name: String, value: String)] = []
    ) async throws -> CurlResponse {
        func encode(_ text: String) -> String {
            text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        }
        let form = fields.map { $0.map { "\(encode($0.0))=\(encode($0.1))" }.joined(separator: "&") }
        return try await self.send(
            method, path, text: form, headers: headers + [("Content-Type", "application/x-www-form-urlencoded")])
    }

    @discardableResult
    func send(
        _ method: String, _ path: String, text: String?, headers: [(name: String, value: String)] = []
    ) async throws -> CurlResponse {
        var request = CurlRequest(method, self.url + path, body: text.map { Array($0.utf8) }, timeout: .seconds(120))
        request.basic = ("tsuru", "abc123")
        request.headers = headers
        return try await self.curl.send(request)
    }

    /// Creates an instance, has it made, and leads it to the push-api of the test.
    func createRunning(_ name: String = "mychat") async throws -> Instance {
        #expect(try await self.send("POST", "/resources", [("name", name), ("team", "t"), ("user", "u@x.org")]).status == 201)
        return try await self.run(name)
    }

    /// Has a pending instance made.
    @discardableResult
    func run(_ name: String) async throws -> Instance {
        let instance = try await withWorker(self.instances, self.provider) {
            let instance = try await self.instances.await(name, .running)
            try await self.instances.awaitQuiet()
            return instance
        }
        try await self.instances.redis.send(
            RedisCommand("HSET", self.instances.keys.variables(name), WellKnownOutput.apiManagementURL, self.pushAPIURL))
        return try #require(try await self.instances.repository.instance(instance.name))
    }
}

extension CurlResponse {
    func json<Value>(_ type: Value.Type) throws -> Value {
        try #require(try JSONSerialization.jsonObject(with: Data(self.body)) as? Value, "\(self.text)")
    }

    /// The sentence of an error.
    var message: String {
        let fields = try? JSONSerialization.jsonObject(with: Data(self.body)) as? [String: Any]
        return fields?["message"] as? String ?? ""
    }
}

/// Lines of a log.
final class CapturedLog: Sendable {
    private let state = Shared<[String]>([])

    var lines: [String] { self.state.withLock { $0 } }
    var logger: Logger { Logger(label: "pushaas") { _ in Handler(log: self) } }

    private struct Handler: LogHandler {
        let log: CapturedLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = self.metadata.merging(event.metadata ?? [:]) { $1 }
            let text = ([event.message.description] + all.map { "\($0)=\($1)" }.sorted()).joined(separator: " ")
            self.log.state.withLock { $0.append(text) }
        }
    }
}

/// Runs `body` with the API on a Redis of its own. Nobody works on jobs unless the test says so.
func withService<Result: Sendable>(
    plans: [Plan] = [.small, .medium, .test("impossible")], redisTimeout: Duration = .seconds(60),
    _ body: @escaping @Sendable (RunningService) async throws -> Result
) async throws -> Result {
    try await withRedisServer(.init()) { server in
        let folder = try TemporaryDirectory()
        return try await withRedisClient(server.url, configure: { $0.commandTimeout = redisTimeout }) { redis in
            let log = CapturedLog()
            let keys = InstanceKeys()
            let instances = Instances(server: server, redis: redis, keys: keys)
            let provider = try PushaasTestProvider.FileProvider(folder: folder.path)
            let catalog = try #require(PlanCatalog(plans: plans, standard: "small"))
            let abandoned = AbandonedCreations(repository: instances.repository, logger: log.logger)
            let service = InstanceService(
                repository: instances.repository, plans: catalog, provider: provider, abandoned: abandoned)
            let curl = CurlClient()
            let api = InstanceAPIClient(curl: curl, timeout: .seconds(60))
            let binds = BindService(
                redis: redis, keys: keys, instances: instances.repository, api: api, patience: .seconds(120), logger: log.logger)
            let figures = InstanceFiguresReader(redis: redis, keys: keys, api: api, timeout: .seconds(60))
            let pushAPI = FakePushAPI()

            let (own, ownPort) = makeServer(log.logger) { router in
                let group = router.group("api/v1").add(
                    middleware: BasicAuthenticationMiddleware(user: "tsuru", password: "abc123", realm: "pushaas"))
                ResourcesController(service: service, binds: binds, progress: instances.progress, figures: figures)
                    .addRoutes(to: group)
                AdminAPIController(
                    service: service, binds: binds, progress: instances.progress, figures: figures,
                    inspector: InstanceInspector(repository: instances.repository, provider: provider), user: "tsuru"
                ).addRoutes(to: group)
            }
            let (other, otherPort) = makeServer(quiet) { pushAPI.addRoutes(to: $0.group("api/v1")) }
            let group = ServiceGroup(services: [abandoned, own, other], logger: quiet)
            return try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                defer { tasks.cancelAll() }
                let port = try await first(ownPort)
                let pushAPIPort = try await first(otherPort)
                let running = RunningService(
                    instances: instances, provider: provider, pushAPI: pushAPI, binds: binds, log: log,
                    url: "http://127.0.0.1:\(port)/api/v1", pushAPIURL: "http://127.0.0.1:\(pushAPIPort)", curl: curl)
                let result = try await body(running)
                withExtendedLifetime(folder) {}
                return result
            }
        }
    }
}

private func makeServer(
    _ logger: Logger, _ addRoutes: (Router<PushaasRequestContext>) -> Void
) -> (service: HTTPService, port: AsyncStream<Int>) {
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
    let registry = PrometheusRegistry()
    let router = makeHTTPRouter(context: PushaasRequestContext.self, metrics: registry)
    addRoutes(router)
    let service = HTTPService(
        router: router, address: .init(host: "127.0.0.1", port: 0), metrics: registry, logger: logger
    ) { address in
        if let port = address.port { continuation.yield(port) }
    }
    return (service, ports)
}

private func first(_ ports: AsyncStream<Int>) async throws -> Int {
    try await withDeadline(.seconds(60), "a server to listen") {
        for await port in ports { return port }
        throw CancellationError()
    }
}

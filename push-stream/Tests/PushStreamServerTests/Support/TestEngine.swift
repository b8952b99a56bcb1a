import NIOCore
import NginxConf
import PushStreamCore

@testable import PushStreamServer

/// An engine on a free port with the locations of the shipped nginx.conf, made without a file.
struct TestEngine: Sendable {
    static let template =
        #"{"id":~id~,"channel":"~channel~","text":"~text~", "tag":"~tag~", "time":"~time~", "eventid":"~event-id~"}"#

    var port: Int
    let engine: PushStreamEngine

    struct Options: Sendable {
        var loops = 1
        var store = StoreSettings()
        var pingInterval: Int?
        var connectionTTL: Int?
        var longPollingTTL: Int?
        var header: String?
        var footer: String?
        var authorizedOnly = false
        var websocketPublishes = false
        var keepAliveRequests = 100_000
        var headerTimeout = 60_000
        var bodyTimeout = 60_000
        var maxBodySize = 32 * 1024
        var queueSize = EngineConfiguration.defaultSubscriberQueueSize
        var connectionsPerLoop = 10_000
        var deniesPublishers = false
        /// Path of an error log of level info.
        var log: String?
    }

    /// Starts an engine, runs `body` and stops the engine on both ways out.
    static func run(_ change: (inout Options) -> Void = { _ in }, _ body: (TestEngine) async throws -> Void) async throws {
        var options = Options()
        options.store.maxMessagesPerChannel = 20
        change(&options)
        let engine = PushStreamEngine(
            configuration: try configuration(options),
            log: try options.log.map { try ErrorLog(.file($0), level: .info) } ?? .discarding())
        let addresses = try await engine.start()
        do {
            try await body(TestEngine(port: addresses.first?.port ?? 0, engine: engine))
        } catch {
            await engine.shutdown(gracePeriod: .zero)
            throw error
        }
        await engine.shutdown(gracePeriod: .zero)
    }

    func connect(reads: Bool = true) async throws -> RawClient { try await RawClient(port: port, reads: reads) }

    /// Sends one request on a new connection and waits until the server closes it.
    func exchange(_ request: String) async throws -> String {
        let client = try await connect()
        try await client.send(request)
        let answer = try await client.waitForClose()
        await client.close()
        return answer
    }

    func get(_ target: String, fields: String = "") async throws -> String {
        try await exchange("GET \(target) HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\(fields)\r\n")
    }

    @discardableResult
    func publish(_ text: String, to channel: String, eventID: String? = nil, fields: String = "") async throws -> String {
        let event = eventID.map { "Event-Id: \($0)\r\n" } ?? ""
        return try await exchange(
            "POST /pub?id=\(channel) HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\(event)\(fields)"
                + "Content-Length: \(text.utf8.count)\r\n\r\n\(text)")
    }

    /// A subscriber whose stream has begun.
    func subscribe(_ target: String, fields: String = "", started: String = "\r\n\r\n") async throws -> RawClient {
        let client = try await connect()
        try await client.send("GET \(target) HTTP/1.1\r\nHost: t\r\n\(fields)\r\n")
        try await client.wait(for: started)
        return client
    }

    /// Waits until the statistics' summary counts this many subscribers.
    func waitForSubscribers(_ count: Int) async throws {
        var summary = ""
        for _ in 0..<2000 {
            summary = try await get("/stats")
            if summary.contains("\"subscribers\": \(count), \"uptime\": ") { return }
        }
        throw RawClient.DeadlineExceeded(received: summary)
    }

    static let webSocketFields =
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: /mQoZf6pRiv8+6o72GncLQ==\r\nSec-WebSocket-Version: 13\r\n"
}

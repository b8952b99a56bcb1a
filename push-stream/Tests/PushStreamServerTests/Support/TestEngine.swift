import NIOCore
import NginxConf
import PushStreamCore

@testable import PushStreamServer

/// An engine on a free port with the locations of the shipped nginx.conf, made without a file.
struct TestEngine: EngineClient {
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
        /// Longer than a slow machine takes until a client that is to be behind begins to read.
        var sendTimeout = 600_000
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

    static let webSocketFields =
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: /mQoZf6pRiv8+6o72GncLQ==\r\nSec-WebSocket-Version: 13\r\n"
}

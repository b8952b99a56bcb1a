import Foundation
import NIOCore

@testable import PushStreamServer

/// An engine whose nginx.conf the test writes, and changes while it runs.
struct ReloadingEngine: Sendable {
    let server: TestEngine

    /// What a test says about its configuration.
    struct Parts: Sendable {
        var main = ""
        var events = ""
        /// Added to the `http` level.
        var http = ""
        var listens = ["127.0.0.1:0"]
        /// Added to the server.
        var server = ""
        /// Added to every subscriber location.
        var subscriber = ""
        var memory = "32m"
    }

    static func configuration(_ change: (inout Parts) -> Void = { _ in }) throws -> EngineConfiguration {
        try EngineConfiguration.load(contents: Array(text(change).utf8), name: "nginx.conf")
    }

    static func text(_ change: (inout Parts) -> Void = { _ in }) -> String {
        var parts = Parts()
        change(&parts)
        let listens = parts.listens.map { "listen \($0);" }.joined(separator: " ")
        let locations = [("sub", "streaming"), ("ev", "eventsource"), ("lp", "long-polling"), ("ws", "websocket")].map {
            """
            location ~ ^/\($0)/(.*) {
              push_stream_subscriber \($1); push_stream_channels_path $1; \(parts.subscriber)
            }
            """
        }.joined(separator: "\n")
        return """
            \(parts.main)
            events { \(parts.events) }
            http {
              push_stream_shared_memory_size \(parts.memory);
              \(parts.http)
              server {
                \(listens)
                \(parts.server)
                location /pub {
                  push_stream_publisher admin; push_stream_channels_path $arg_id; push_stream_store_messages on;
                }
                location /stats { push_stream_channels_statistics; push_stream_channels_path $arg_id; }
                location = /metrics { push_stream_metrics; }
                \(locations)
              }
            }
            """
    }

    /// Starts an engine, runs `body` and stops the engine on both ways out.
    static func run(
        _ change: (inout Parts) -> Void = { _ in }, _ body: (ReloadingEngine) async throws -> Void
    ) async throws {
        let engine = PushStreamEngine(configuration: try configuration(change), log: try .discarding())
        let addresses = try await engine.start()
        do {
            try await body(ReloadingEngine(server: TestEngine(port: addresses.first?.port ?? 0, engine: engine)))
        } catch {
            await engine.shutdown(gracePeriod: .zero)
            throw error
        }
        await engine.shutdown(gracePeriod: .zero)
    }

    @discardableResult
    func reload(_ change: (inout Parts) -> Void = { _ in }) async throws -> ReloadResult {
        try await server.engine.reload(Self.configuration(change))
    }

    /// Sends a request over a connection that stays, and waits for the end of its answer's body.
    func ask(_ client: RawClient, _ target: String, until end: String) async throws -> String {
        client.clear()
        try await client.send("GET \(target) HTTP/1.1\r\nHost: t\r\n\r\n")
        return try await client.wait(for: end)
    }
}

import NIOCore
import NIOSSL
import NginxConf
import PushTestSupport

@testable import PushStreamServer

/// An engine that runs a nginx.conf whose servers encrypt.
struct TLSEngine: Sendable {
    /// Ports of the `listen` addresses in their order.
    let ports: [Int]
    let engine: PushStreamEngine

    /// Locations of every transport, and one that tells the variables of the connection.
    static let locations = """
        location = /vars { return 200 "$scheme,$https,$ssl_protocol,$ssl_cipher,$ssl_server_name,$ssl_session_reused,$ssl_alpn_protocol."; }
        location = /pub { push_stream_publisher admin; push_stream_channels_path $arg_id; push_stream_store_messages on; }
        location = /metrics { push_stream_metrics; }
        location ~ /sub/(.*) { push_stream_subscriber; push_stream_channels_path $1; push_stream_footer_template "bye"; }
        location ~ /ev/(.*) { push_stream_subscriber eventsource; push_stream_channels_path $1; }
        location ~ /poll/(.*) { push_stream_subscriber polling; push_stream_channels_path $1; }
        location ~ /lp/(.*) { push_stream_subscriber long-polling; push_stream_channels_path $1; }
        location ~ /ws/(.*) { push_stream_subscriber websocket; push_stream_channels_path $1; push_stream_websocket_allow_publish on; }
        """

    /// Starts an engine, runs `body` and stops the engine on both ways out.
    ///
    /// - Parameter servers: the inside of `http`; `%LOCATIONS%` stands for ``locations``.
    static func run(
        _ servers: String, _ body: (TLSEngine) async throws -> Void
    ) async throws {
        let engine = PushStreamEngine(
            configuration: try configuration(servers), log: try .discarding())
        let addresses = try await engine.start()
        do {
            try await body(TLSEngine(ports: addresses.map { $0.port ?? 0 }, engine: engine))
        } catch {
            await engine.shutdown(gracePeriod: .zero)
            throw error
        }
        await engine.shutdown(gracePeriod: .zero)
    }

    static func configuration(_ servers: String) throws -> EngineConfiguration {
        let text = """
            events { worker_connections 10000; }
            http {
              push_stream_shared_memory_size 100m;
              send_timeout 10m;
              push_stream_message_template "<~text~>";
              \(servers.replacing("%LOCATIONS%", with: locations))
            }
            """
        let files = ConfigurationFiles(read: { _ in Array(text.utf8) }, glob: { _ in [] })
        return try EngineConfiguration.load(path: "/t.conf", files: files).engine
    }

    /// The `ssl_certificate` directives of a pair.
    static func pair(_ certificate: TestCertificate) -> String {
        "ssl_certificate \(certificate.certificateFile); ssl_certificate_key \(certificate.privateKeyFile);"
    }

    /// A client's trust in one certificate.
    static func trust(
        _ certificate: TestCertificate, _ change: (inout TLSConfiguration) -> Void = { _ in }
    ) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .file(certificate.certificateFile)
        change(&configuration)
        return try NIOSSLContext(configuration: configuration)
    }

    func connect(_ trust: NIOSSLContext?, name: String? = "localhost", port: Int = 0) async throws -> RawClient {
        try await RawClient(port: ports[port], tls: trust, name: name)
    }

    /// A stream that has begun.
    func subscribe(_ target: String, _ trust: NIOSSLContext, fields: String = "") async throws -> RawClient {
        let client = try await connect(trust)
        try await client.send("GET \(target) HTTP/1.1\r\nHost: t\r\n\(fields)\r\n")
        try await client.wait(for: "\r\n\r\n")
        return client
    }

    /// One request on a connection of its own.
    func get(_ target: String, _ trust: NIOSSLContext?, name: String? = "localhost", port: Int = 0) async throws -> String {
        let client = try await connect(trust, name: name, port: port)
        try await client.send("GET \(target) HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
        let answer = try await client.waitForClose()
        await client.close()
        return answer
    }

    func publish(_ text: String, to channel: String, _ trust: NIOSSLContext) async throws {
        let client = try await connect(trust)
        try await client.send(
            "POST /pub?id=\(channel) HTTP/1.1\r\nHost: t\r\nContent-Length: \(text.utf8.count)\r\nConnection: close\r\n\r\n\(text)"
        )
        try await client.wait(for: "HTTP/1.1 200 OK\r\n")
        await client.close()
    }

    /// Waits until the metrics hold a line.
    func wait(forMetric line: String, _ trust: NIOSSLContext) async throws {
        try await eventually(within: .seconds(180), "\(line) in the metrics") {
            try await get("/metrics", trust).contains(line + "\n")
        }
    }
}

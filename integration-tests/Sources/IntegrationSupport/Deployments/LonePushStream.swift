import Foundation
import PushTestSupport

/// push-stream alone, with one event loop and every location on one port.
public struct LonePushStream {
    public let port: Int
    public let process: TestProcess
    /// Its folder, which holds the error log `error.log` of level info.
    public let directory: TemporaryDirectory

    public var endpoint: Endpoint { .port(self.port) }
    public var processID: Int32 { self.process.pid }

    /// Options of push-load for this server.
    public var loadOptions: [String] {
        [
            "--subscribe-address", "127.0.0.1:\(self.port)", "--publish-address", "127.0.0.1:\(self.port)", "--server-pid",
            "\(self.processID)",
        ]
    }

    /// Starts it, and kills it when `body` has ended.
    /// - Parameters:
    ///   - directives: of the `http` level, in place of those that are given here.
    ///   - environment: beside the test's own.
    public static func run<Result>(
        directives: [String: String] = [:], environment: [String: String] = [:], isolation: isolated (any Actor)? = #isolation,
        _ body: (LonePushStream) async throws -> Result
    ) async throws -> Result {
        let directory = try TemporaryDirectory()
        let port = try ServicePort.allocate()
        let configuration = try directory.write(self.configuration(port: port, directives), to: "nginx.conf")
        return try await withProcess(
            "push-stream", try Repository.binary("push-stream"), arguments: ["-p", directory.path, "-c", configuration],
            environment: environment, workingDirectory: directory.path
        ) { process in
            let server = LonePushStream(port: port, process: process, directory: directory)
            try await eventually("push-stream serves") {
                (try? await Deployment.status(of: "/healthz", at: server.endpoint)) == 200
            }
            return try await body(server)
        }
    }

    private static func configuration(port: Int, _ directives: [String: String]) -> String {
        let http = [
            "access_log": "off", "default_type": "text/plain", "keepalive_requests": "1000000000",
            "push_stream_shared_memory_size": "256m", "push_stream_max_messages_stored_per_channel": "20",
            "push_stream_message_ttl": "5s",
            "push_stream_message_template": #""{\"id\":~id~,\"channel\":\"~channel~\",\"text\":\"~text~\"}""#,
        ].merging(directives) { $1 }
        return """
            worker_processes 1; worker_rlimit_nofile 20000; daemon off; error_log error.log info;
            events { worker_connections 19000; }
            http {
            \(http.map { "#push-stream: \($0) \($1);" }.sorted().joined(separator: "\n"))
            server {
                listen 127.0.0.1:\(port) backlog=4096;
                location = /pub { push_stream_publisher admin; push_stream_channels_path $arg_id; push_stream_store_messages on; }
                location = /channels-stats { push_stream_channels_statistics; push_stream_channels_path $arg_id; }
                location ~ ^/sub/(.*)$ { push_stream_subscriber streaming; push_stream_channels_path $1; }
                location ~ ^/ev/(.*)$ { push_stream_subscriber eventsource; push_stream_channels_path $1; }
                location ~ ^/lp/(.*)$ { push_stream_subscriber long-polling; push_stream_channels_path $1; }
                location ~ ^/ws/(.*)$ { push_stream_subscriber websocket; push_stream_channels_path $1; }
                location = /healthz { return 200 ok; }
                #push-stream: location = /metrics { push_stream_metrics; }
            }
            }
            """
    }

    /// One figure of `/metrics`, named with its labels.
    public func metric(_ name: String) async throws -> Int {
        let connection = try await HTTPConnection(to: self.endpoint)
        defer { connection.close() }
        let text = try await connection.response(to: HTTPRequest("GET", "/metrics")).text
        let line = text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
        guard let value = line?.split(separator: " ").last.flatMap({ Int($0) }) else {
            throw MissingMetric(name: name, text: text)
        }
        return value
    }

    public struct MissingMetric: Error {
        public let name: String
        public let text: String
    }

    /// Whether the connection that asks is the only one.
    public func isIdle() async throws -> Bool { try await self.metric("push_stream_connections") == 1 }

    /// Descriptors that the process has open.
    public func openDescriptors() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(self.processID)/fd").count
    }
}

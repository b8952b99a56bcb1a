import Foundation
import NIOCore
import NginxConf
import Testing

@testable import PushStreamServer

/// What nginx.conf says reaches the engine: names, addresses, types and log formats.
@Suite struct EngineConfigurationTests {
    @Test func `names, IPv6, content types and the access log`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "push-stream-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let text = """
            events {}
            http {
              log_format short '$request_method $uri $status $body_bytes_sent $arg_a "$http_user_agent"';
              access_log \(folder)/a.log short;
              server { listen 127.0.0.1:0; server_name a.test; return 200 first; }
              server { listen [::1]:0; return 200 six; }
            }
            """
        let files = ConfigurationFiles(read: { _ in Array(text.utf8) }, glob: { _ in [] })
        var configuration = try EngineConfiguration.load(path: "/t.conf", files: files).engine
        // Both servers on one address, as two `listen` of the same fixed port would be.
        var second = configuration.servers[0]
        second.names = [#"~^b\\d\\.test$"#]
        second.namePatterns = [.expression(try RegularExpression(#"^b\d\.test$"#))]
        second.rewrite = [.respond(status: 200, text: ComplexValue(constant: "second"))]
        configuration.servers.insert(second, at: 1)
        let engine = PushStreamEngine(configuration: configuration, log: try ErrorLog(.off))
        let addresses = try await engine.start()
        #expect(addresses.map { $0.ipAddress } == ["127.0.0.1", "::1"])
        let port = try #require(addresses.first?.port)
        let client = try await RawClient(port: port)
        try await client.send("GET /x.html?a=1 HTTP/1.1\r\nHost: b7.test\r\nUser-Agent: q\"q\r\n\r\n")
        try await client.wait(for: "second")
        #expect(client.text.lowercased().contains("content-type: text/html\r\n"))
        client.clear()
        try await client.send("GET /y HTTP/1.1\r\nHost: other.test\r\n\r\n")
        try await client.wait(for: "first")
        #expect(client.text.lowercased().contains("content-type: text/plain\r\n"))
        await client.close()
        await engine.shutdown(gracePeriod: .zero)
        let log = try String(contentsOfFile: "\(folder)/a.log", encoding: .utf8)
        #expect(log == "GET /x.html 200 6 1 \"q\\x22q\"\nGET /y 200 5 - \"-\"\n")
    }
}

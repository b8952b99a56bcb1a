import PushTestSupport
import Testing

@testable import PushStreamServer

/// What outlives a configuration: what limits have counted, and what logs have gathered.
@Suite struct ReloadLimitTests {
    @Test func `a zone counts on, unless it means something else`() async throws {
        let zone = "limit_conn_zone $server_addr zone=z:32k;"
        let limited = "location /x { root /none; limit_conn z 1; }"
        try await ReloadingEngine.run({
            $0.http = zone
            $0.server = limited
            $0.subscriber = "limit_conn z 1;"
        }) { reloading in
            let server = reloading.server
            let client = try await server.subscribe("/sub/a")
            try await reloading.reload {
                $0.http = zone
                $0.server = limited
                $0.subscriber = "limit_conn z 1;"
            }
            #expect(try await server.get("/x").hasPrefix("HTTP/1.1 503 "))
            await client.close()
            try await server.waitForSubscribers(0)
            #expect(try await server.get("/x").hasPrefix("HTTP/1.1 404 "))
            let other = try await server.subscribe("/sub/a")
            try await reloading.reload {
                $0.http = "limit_conn_zone $server_addr$uri zone=z:32k;"
                $0.server = limited
            }
            #expect(try await server.get("/x").hasPrefix("HTTP/1.1 404 "))
            await other.close()
        }
    }

    @Test func `what a log has gathered is written before the next one begins, and streams end in theirs`() async throws {
        let folder = try TemporaryDirectory()
        let gathered = "log_format f '$uri'; access_log \(folder.file("log")) f buffer=32k;"
        try await ReloadingEngine.run({ $0.http = gathered }) { reloading in
            let server = reloading.server
            _ = try await server.get("/none")
            let client = try await server.subscribe("/sub/a")
            try await reloading.reload { $0.http = "log_format f 'new $uri'; access_log \(folder.file("log")) f;" }
            #expect(try folder.read("log") == "/none\n")
            _ = try await server.get("/none")
            await client.close()
            try await server.waitForSubscribers(0)
        }
        let lines = try folder.read("log").split(separator: "\n").filter { !$0.hasSuffix("/stats") }
        #expect(lines.prefix(2) == ["/none", "new /none"] && lines.contains("/sub/a"))
    }
}

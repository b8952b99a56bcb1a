import Foundation
import Testing

@testable import NginxConf

@Suite struct DirectiveTableTests {
    private static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test func `no directive has two rows`() {
        let names = DirectiveTable.all.map(\.name)
        #expect(Set(names).count == names.count)
    }

    @Test func `all directives of the push stream module are there`() {
        // 3 of locations, 13 of http, 16 of all levels in version 0.6.0.
        #expect(DirectiveTable.pushStream.count == 34)
        #expect(DirectiveTable.pushStream.allSatisfy { $0.name.hasPrefix("push_stream_") })
    }

    /// `PUSH_STREAM_WRITE_DOCS=1 swift test --filter DirectiveTableTests` writes the file anew.
    @Test func `the documentation is made from the table`() throws {
        let file = Self.package.appending(path: "DIRECTIVES.md")
        if ProcessInfo.processInfo.environment["PUSH_STREAM_WRITE_DOCS"] != nil {
            try Data(DirectiveTable.markdown.utf8).write(to: file)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == DirectiveTable.markdown)
    }

    @Test func `inheritance takes the innermost level that has the directive`() throws {
        let parsed = try parse(
            """
            events {}
            http {
              send_timeout 1s; add_header a 1; add_header b 2; allow 10.0.0.0/8;
              server {
                send_timeout 2s;
                location /x { add_header c 3; deny all; location /x/y { send_timeout 3s; } }
              }
            }
            """)
        let http = try #require(parsed.main.first("http")?.block)
        let server = try #require(http.first("server")?.block)
        let location = try #require(server.first("location")?.block)
        let inner = try #require(location.first("location")?.block)
        let scopes = [Scope(http)]
        let serverScope = Scope(server, in: scopes[0])
        let locationScope = Scope(location, in: serverScope)
        let innerScope = Scope(inner, in: locationScope)
        #expect(scopes[0].number("send_timeout") == 1000)
        #expect(locationScope.number("send_timeout") == 2000)
        #expect(innerScope.number("send_timeout") == 3000)
        #expect(serverScope.nearestAll("add_header").map(\.text) == ["a", "b"])
        #expect(innerScope.nearestAll("add_header").map(\.text) == ["c"])
        #expect(innerScope.nearestAll("allow", "deny").map(\.name) == ["deny"])
        #expect(innerScope.flag("tcp_nodelay") == nil)
    }
}

import Testing

@testable import NginxConf

@Suite struct IncludeTests {
    @Test func `a file is read in its place, relative to the main file`() throws {
        let parsed = try Parser.parse(
            path: "/etc/main.conf",
            files: files([
                "/etc/main.conf": "events {}\ninclude a.conf;\nhttp { include /b.conf; types { include mime; } }",
                "/etc/a.conf": "pid x;", "/b.conf": "default_type a/b;", "/etc/mime": "text/html html htm;",
            ]))
        #expect(parsed.main.first("pid")?.location.description == "/etc/a.conf:1")
        let http = try #require(parsed.main.first("http")?.block)
        #expect(http.first("default_type")?.text == "a/b")
        #expect(http.first("types")?.block?.directives.first?.arguments == ["html", "htm"])
        #expect(parsed.files.map(\.path) == ["/etc/main.conf", "/etc/a.conf", "/b.conf", "/etc/mime"])
    }

    @Test func `a pattern takes what it finds, also nothing`() throws {
        let parsed = try parse(
            "events {} include d/*; http { include none/*; }", ["/d/1": "pid p;", "/d/2": "daemon off;"])
        #expect(parsed.main.directives.map(\.name) == ["events", "pid", "daemon", "http"])
    }

    @Test func `an error is told where it stands`() {
        #expect(failure("events {}\ninclude a;", ["/a": "\n\nfoo;"]) == #"[emerg] unknown directive "foo" in /a:3"#)
        #expect(failure("events {}\ninclude a;", ["/a": "}"]) == #"[emerg] unexpected "}" in /a:1"#)
        #expect(failure("events { include a; }", ["/a": "pid x;"]) == #"[emerg] "pid" directive is not allowed here in /a:1"#)
    }

    @Test func `a circle ends`() {
        #expect(failure("include t.conf;") == "[emerg] files are included more than 16 deep in /t.conf:1")
        #expect(
            failure("include a; include a;", ["/a": "include b; include b;", "/b": "include a;"])?.contains("16 deep") == true)
    }

    @Test func `blocks are not nested without end`() {
        let text = "events {} http { server { " + String(repeating: "location / { ", count: 100_000)
        #expect(failure(text) == "[emerg] blocks are nested more than 32 deep in /t.conf:1")
    }

    @Test func `the file system's errors and patterns`() throws {
        let error = #expect(throws: ConfigurationFiles.FileError.self) { try ConfigurationFiles.system.read("/") }
        #expect(error == ConfigurationFiles.FileError(call: "read", code: 21))
        #expect(ConfigurationFiles.system.glob("/no/such/*").isEmpty)
        #expect(ConfigurationFiles.system.glob("/et[c]") == ["/etc"])
    }
}

import Testing

@testable import NginxConf

@Suite struct MatchingTests {
    @Test func `regular expressions capture by number and name`() throws {
        let expression = try RegularExpression(#"^/(?<kind>\w+)/(.*?)(\.json)?$"#)
        let captures = try #require(expression.firstMatch(in: "/ev/a/b"))
        #expect(captures[0] == "/ev/a/b")
        #expect(captures[1] == "ev")
        #expect(captures["kind"] == "ev")
        #expect(captures[2] == "a/b")
        #expect(captures[3] == nil)
        #expect(captures[9] == nil)
        #expect(captures["none"] == nil)
        #expect(expression.firstMatch(in: "ev") == nil)
        #expect(try RegularExpression("É").matches("é") == false)
        #expect(try RegularExpression("ABC", caseInsensitive: true).matches("xabcx"))
        #expect(try RegularExpression("").firstMatch(in: "")?.groups == [""])
    }

    @Test func `an expensive expression ends`() throws {
        let expression = try RegularExpression("^(a+)+$")
        #expect(!expression.matches(String(repeating: "a", count: 60) + "b"))
    }

    @Test func `expressions match on many threads at once`() async throws {
        let expression = try RegularExpression("^/ev/(.*)$")
        await withTaskGroup(of: Bool.self) { group in
            for index in 0..<8 {
                group.addTask { (0..<500).allSatisfy { expression.firstMatch(in: "/ev/\(index)-\($0)")?[1] == "\(index)-\($0)" } }
            }
            for await ok in group { #expect(ok) }
        }
    }

    private func table() throws -> LocationTable<String> {
        var inner = LocationTable<String>()
        let inserted1 = inner.insert(.expression(try RegularExpression(#"\.in$"#)), "nested ~ .in")
        #expect(inserted1)
        let inserted2 = inner.insert(.exact("/n/exact"), "nested = /n/exact")
        #expect(inserted2)
        var table = LocationTable<String>()
        let inserted3 = table.insert(.prefix("/", skipsExpressions: false), "/")
        #expect(inserted3)
        let inserted4 = table.insert(.exact("/"), "= /")
        #expect(inserted4)
        let inserted5 = table.insert(.prefix("/documents/", skipsExpressions: false), "/documents/")
        #expect(inserted5)
        let inserted6 = table.insert(.prefix("/images/", skipsExpressions: true), "^~ /images/")
        #expect(inserted6)
        let inserted7 = table.insert(.prefix("/n/", skipsExpressions: true), "^~ /n/", nested: inner)
        #expect(inserted7)
        let inserted8 = table.insert(.expression(try RegularExpression(#"\.(gif|jpg)$"#, caseInsensitive: true)), "~* image")
        #expect(inserted8)
        let inserted9 = table.insert(.expression(try RegularExpression(#"\.jpg$"#)), "~ jpg")
        #expect(inserted9)
        let inserted10 = table.insert(.expression(try RegularExpression("^/ev/(.*)$")), "~ ev")
        #expect(inserted10)
        return table
    }

    @Test(arguments: [
        ("/", "= /"), ("/index.html", "/"), ("/documents/document.html", "/documents/"), ("/images/1.gif", "^~ /images/"),
        ("/documents/1.jpg", "~* image"), ("/documents/1.JPG", "~* image"), ("/x.jpg", "~* image"), ("/n/a", "^~ /n/"),
        ("/n/a.in", "nested ~ .in"), ("/n/exact", "nested = /n/exact"), ("/ev/a/b", "~ ev"), ("/Documents/x", "/"),
    ])
    func `locations are chosen in Nginx's order`(path: String, location: String) throws {
        #expect(try self.table().match(path)?.payload == location)
    }

    @Test func `a location that is an expression captures`() throws {
        #expect(try self.table().match("/ev/a/b")?.captures?[1] == "a/b")
        #expect(try self.table().match("/documents/x")?.captures == nil)
        #expect(LocationTable<Int>().match("/") == nil)
    }

    @Test func `an equal location is no second one`() throws {
        var table = try self.table()
        let inserted11 = table.insert(.exact("/"), "again")
        #expect(!inserted11)
        let inserted12 = table.insert(.prefix("/images/", skipsExpressions: false), "again")
        #expect(!inserted12)
        let inserted13 = table.insert(.expression(try RegularExpression(#"\.jpg$"#)), "again")
        #expect(inserted13)
        #expect(table.payloads.count == 11)
    }

    @Test(arguments: [
        ("all", "10.0.0.1", true), ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false),
        ("10.1.2.3", "10.1.2.3", true),
        ("10.1.2.3", "10.1.2.4", false), ("0.0.0.0/0", "1.2.3.4", true), ("2001:db8::/32", "2001:db8:1::1", true),
        ("2001:db8::/32", "2001:db9::1", false), ("::1", "::1", true), ("10.0.0.0/8", "::ffff:10.1.1.1", true),
        ("10.0.0.0/8", "::1", false), ("unix:", "unix:", true), ("unix:", "10.0.0.1", false), ("all", "unix:", true),
        ("10.0.0.1/8", "10.9.9.9", true), ("::/0", "1.2.3.4", false),
    ])
    func `network ranges`(range: String, address: String, contained: Bool) throws {
        let address = try #require(ClientAddress(address))
        #expect(try #require(NetworkRange(range)).contains(address) == contained)
    }

    @Test func `no network ranges`() {
        for text in ["", "1.2.3", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/-1", "::1/129", "host", "unix:/8", "1.2.3.4/8/8"] {
            #expect(NetworkRange(text) == nil)
        }
        #expect(NetworkRange.hasMeaninglessBits("10.0.0.1/8"))
        #expect(!NetworkRange.hasMeaninglessBits("10.0.0.0/8"))
    }

    @Test func `server names are chosen in Nginx's order`() throws {
        var table = ServerNameTable<String>()
        let place = SourceLocation(file: "f", line: 1)
        for name in ["a.org", "*.org", "*.b.org", "www.*", "www.b.*", #"~^(?<user>\w+)\.net$"#, ".c.com"] {
            let inserted14 = table.insert(try ServerNamePattern(name, at: place), name)
            #expect(inserted14)
        }
        for (host, name) in [
            ("a.org", "a.org"), ("x.org", "*.org"), ("x.b.org", "*.b.org"), ("b.org", "*.org"), ("www.x.de", "www.*"),
            ("www.b.de", "www.b.*"), ("www.x.org", "*.org"), ("joe.net", #"~^(?<user>\w+)\.net$"#), ("c.com", ".c.com"),
            ("x.c.com", ".c.com"),
        ] {
            #expect(table.match(host)?.payload == name)
        }
        #expect(table.match("joe.net")?.captures?["user"] == "joe")
        #expect(table.match("none.de") == nil)
        let inserted15 = table.insert(try ServerNamePattern("A.org", at: place), "again")
        #expect(!inserted15)
    }

    @Test func `listen`() throws {
        func listen(_ text: String) throws -> ListenDirective {
            let parsed = try parse("events {} http { server { listen \(text); } }")
            let server = try #require(parsed.main.first("http")?.block?.first("server")?.block)
            return try ListenDirective(try #require(server.first("listen")))
        }
        #expect(try listen("8080").addresses == [.ip(host: "0.0.0.0", port: 8080)])
        #expect(try listen("*:8080").addresses == [.ip(host: "0.0.0.0", port: 8080)])
        #expect(try listen("127.0.0.1").addresses == [.ip(host: "127.0.0.1", port: 80)])
        #expect(try listen("127.0.0.1:0").addresses == [.ip(host: "127.0.0.1", port: 0)])
        #expect(try listen("[::1]:81").addresses == [.ip(host: "::1", port: 81)])
        #expect(try listen("[::]").addresses == [.ip(host: "::", port: 80)])
        #expect(try listen("unix:/tmp/s").addresses == [.unix(path: "/tmp/s")])
        #expect(try listen("localhost:82").addresses.contains(.ip(host: "127.0.0.1", port: 82)))
        let options = try listen("80 default_server backlog=7 reuseport ipv6only=off")
        #expect(options.isDefault && options.reusePort && options.backlog == 7 && !options.ipv6Only)
    }
}

import Testing

@testable import NginxConf

@Suite struct ValueTests {
    @Test(arguments: [
        ("5", 5000), ("5s", 5000), ("500ms", 500), ("1m", 60_000), ("1h30m", 5_400_000), ("1h 30m", 5_400_000),
        ("1d", 86_400_000),
        ("2w", 1_209_600_000), ("1m5", 65_000), ("0", 0), ("31536000000s", 31_536_000_000_000),
    ])
    func `times`(text: String, milliseconds: Int) { #expect(Units.duration(text) == milliseconds) }

    @Test(arguments: [
        "", "s", "5q", "1m1h", "1s1s", "-1", "1.5s", "5 6", "99999999999999999999", "1h 30x", "31536000000s1ms",
        "9223372036854775807ms",
    ])
    func `no times`(text: String) { #expect(Units.duration(text) == nil) }

    @Test func `whole seconds have no milliseconds`() {
        #expect(Units.duration("10ms", wholeSeconds: true) == nil)
        #expect(Units.duration("10s", wholeSeconds: true) == 10_000)
        #expect(Units.duration("1y 1M", wholeSeconds: true) == 34_128_000_000)
        #expect(Units.duration("9999999999y", wholeSeconds: true) == nil)
        #expect(Units.duration("1000y", wholeSeconds: true) != nil && Units.duration("1001y", wholeSeconds: true) == nil)
        #expect(Units.duration("1M") == nil && Units.duration("1y") == nil)
    }

    @Test func `sizes`() {
        #expect(Units.size("100") == 100)
        #expect(Units.size("32k") == 32768)
        #expect(Units.size("1M") == 1 << 20)
        #expect(Units.size("1g") == nil)
        #expect(Units.size("1g", gigabytes: true) == 1 << 30)
        for text in ["", "k", "1kk", "-1", "1.5m", "9223372036854775807k"] { #expect(Units.size(text, gigabytes: true) == nil) }
    }

    @Test func `complex values`() throws {
        let source = FixedVariables(values: [
            .argument("id"): "a/b", .builtIn(.host): "h", .capture(1): "one", .user("mine"): "m", .requestHeader("x_y"): "z",
        ])
        func evaluate(_ text: String) throws -> String { try ComplexValue(parsing: text, declared: ["mine"]).evaluate(source) }
        #expect(try evaluate("") == "")
        #expect(try evaluate("plain") == "plain")
        #expect(try evaluate("$arg_id") == "a/b")
        #expect(try evaluate("test_$1") == "test_one")
        #expect(try evaluate("$1$2x") == "onex")
        #expect(try evaluate("${host}name:$http_X_Y") == "hname:z")
        #expect(try evaluate("$mine.$arg_none-") == "m.-")
        #expect(try ComplexValue(parsing: "plain").constant == "plain")
        #expect(try ComplexValue(parsing: "$uri").constant == nil)
    }

    @Test func `wrong complex values`() {
        func error(_ text: String) -> ComplexValueError? {
            do throws(ComplexValueError) {
                _ = try ComplexValue(parsing: text)
                return nil
            } catch { return error }
        }
        #expect(error("$nope") == .unknownVariable("nope"))
        #expect(error("a${host") == .unclosedBrace("host"))
        #expect(error("$") == .emptyName)
        #expect(error("${}") == .emptyName)
        #expect(error("$-") == .emptyName)
    }

    @Test func `every variable of the documentation is known`() {
        for variable in BuiltInVariable.allCases { #expect(Variable(name: variable.rawValue) == .builtIn(variable)) }
        #expect(Variable(name: "http_Last_Event_ID") == .requestHeader("last_event_id"))
        #expect(Variable(name: "sent_http_etag") == .responseHeader("etag"))
        #expect(Variable(name: "cookie_a") == .cookie("a"))
        #expect(Variable(name: "9") == .capture(9))
        #expect(Variable(name: "foo") == nil)
    }

    @Test func `log formats escape`() throws {
        let source = FixedVariables(values: [.argument("a"): "x\"\\\n\u{e9}", .builtIn(.remoteAddress): "1.2.3.4"])
        func line(_ arguments: String) throws -> String {
            let parsed = try parse("events {} http { log_format \(arguments); }")
            let directive = try #require(parsed.main.first("http")?.block?.first("log_format"))
            return try LogFormat(directive, declared: []).line(source)
        }
        #expect(try line("f '$remote_addr ' '$arg_a $arg_b'") == #"1.2.3.4 x\x22\x5C\x0A\xC3\xA9 -"#)
        #expect(try line("f escape=json '$arg_a $arg_b'") == #"x\"\\\n"# + "\u{e9} ")
        #expect(try line("f escape=none '$arg_a'") == "x\"\\\n\u{e9}")
        #expect(LogFormat.combined.line(source) == #"1.2.3.4 - - [-] "-" - - "-" "-""#)
        #expect(try ComplexValue(parsing: LogFormat.combinedSource) == LogFormat.combined.value)
        #expect(
            failure("events {} http { log_format f escape=x a; }") == #"[emerg] unknown log format escaping "x" in /t.conf:1"#)
    }
}

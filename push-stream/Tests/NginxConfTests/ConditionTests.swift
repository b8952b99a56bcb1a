import Testing

@testable import NginxConf

@Suite struct ConditionTests {
    private func condition(_ text: String, declared: Set<String> = []) throws -> Condition {
        let parsed = try parse("events {} http { server { if (\(text)) { return 200; } } }")
        let server = try #require(parsed.main.first("http")?.block?.first("server")?.block)
        return try ConditionDirective(try #require(server.first("if"))).condition(declared: declared)
    }

    private let source = FixedVariables(values: [.argument("a"): "on", .argument("zero"): "0", .argument("p"): "/Ev/x"])

    @Test(arguments: [
        ("$arg_a", true), ("$arg_none", false), ("$arg_zero", false), ("$arg_a = on", true), (#"$arg_a = "on""#, true),
        ("$arg_a = off", false), ("$arg_a != off", true), ("$arg_a != on", false), (#"$arg_none = """#, true),
        ("$arg_a = $arg_a", true), ("$arg_p ~ ^/Ev/", true), ("$arg_p ~ ^/ev/", false), ("$arg_p ~* ^/ev/", true),
        ("$arg_p !~ ^/ev/", true), ("$arg_p !~* ^/ev/", false), (" $arg_a = on ", true),
    ])
    func `conditions hold`(text: String, holds: Bool) throws {
        #expect(try self.condition(text).holds(self.source) == holds)
    }

    @Test func `a condition captures`() throws {
        let result = try self.condition("$arg_p ~ ^/(?<kind>[^/]+)/(.*)").evaluate(self.source)
        #expect(result.captures?["kind"] == "Ev")
        #expect(result.captures?[2] == "x")
    }

    @Test func `an unknown variable is an error`() throws {
        let error = #expect(throws: ConfigurationError.self) { try self.condition("$nope = 1") }
        #expect(error?.description == #"[emerg] unknown "nope" variable in /t.conf:1"#)
        #expect(throws: Never.self) { try self.condition("$mine", declared: ["mine"]) }
    }

    @Test func `what set and captures give is seen`() {
        var scope = VariableScope(request: self.source)
        scope.assign("v", to: "mine")
        scope.adopt(RegularExpressionCaptures(groups: ["ab", "b"], names: ["named": 1]))
        scope.adopt(nil)
        #expect(scope.value(of: .user("mine")) == "v")
        #expect(scope.value(of: .capture(1)) == "b")
        #expect(scope.value(of: .user("named")) == "b")
        #expect(scope.value(of: .argument("a")) == "on")
    }
}

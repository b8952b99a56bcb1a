import Foundation
import Testing

@testable import PushRuntime

private let schema = ConfigurationSchema(
    prefix: "PUSHAPI",
    keys: ConfigurationKey.logging + [
        ConfigurationKey(
            "redis.url", .url(schemes: ["redis", "rediss"]), default: "redis://localhost:6379", documentation: "Redis."),
        ConfigurationKey("redis.db.channel.prefix", default: "ch", documentation: "Starts the keys."),
        ConfigurationKey("server.port", .port, default: "8080", documentation: "The port."),
        ConfigurationKey("api.enable_auth", .bool, default: "true", documentation: "Whether | to ask."),
        ConfigurationKey("api.basic_auth_password", default: "abc123", isSecret: true, documentation: "The password."),
        ConfigurationKey(
            "workers.interval", .duration(.seconds(1)...(.seconds(3600))), default: "1m", documentation: "How often."),
        ConfigurationKey("api.body_limit", .bytes(1...1_048_576), default: "32KB", documentation: "Largest body."),
        ConfigurationKey("api.statics_path", documentation: "Static files."),
    ])

/// A directory that lives as long as the value.
private final class Directory {
    let path = NSTemporaryDirectory() + "runtime-\(UUID().uuidString)"

    init(_ files: [String: String] = [:]) throws {
        try FileManager.default.createDirectory(atPath: path + "/config", withIntermediateDirectories: true)
        for (name, text) in files { try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

private func problems(
    _ environment: [String: String] = [:], overrides: [String: String] = [:], yaml: String? = nil
) throws -> [String] {
    let directory = try Directory(yaml.map { ["config/local.yml": $0] } ?? [:])
    do {
        _ = try schema.load(environment: environment, overrides: overrides, directory: directory.path)
        return []
    } catch {
        return error.problems.map { $0.description.replacing(directory.path + "/", with: "") }
    }
}

@Suite struct ConfigurationLayersTests {
    @Test func laterLayersWin() throws {
        let directory = try Directory([
            "config/local.yml": "redis:\n  url: redis://file:1\n  db:\n    channel: {prefix: file}\nserver:\n  port: 1001\n"
        ])
        func port(_ environment: [String: String], _ overrides: [String: String] = [:], in path: String) throws -> Int {
            try schema.load(environment: environment, overrides: overrides, directory: path).int("server.port")
        }
        #expect(try port([:], in: "/nonexistent") == 8080)
        #expect(try port([:], in: directory.path) == 1001)
        #expect(try port(["PUSHAPI_SERVER__PORT": "1002"], in: directory.path) == 1002)
        #expect(try port(["PUSHAPI_SERVER__PORT": "1002"], ["server.port": "1003"], in: directory.path) == 1003)

        let values = try schema.load(
            environment: ["PUSHAPI_REDIS__DB__CHANNEL__PREFIX": "variable"], directory: directory.path)
        #expect(try values.string("redis.db.channel.prefix") == "variable")
        #expect(try values.url("redis.url").absoluteString == "redis://file:1")
    }

    @Test func valuesAreTyped() throws {
        let values = try schema.load(environment: ["PUSHAPI_API__ENABLE_AUTH": "off"])
        #expect(try values.bool("api.enable_auth") == false)
        #expect(try values.duration("workers.interval") == .seconds(60))
        #expect(try values.bytes("api.body_limit") == 32_768)
        #expect(try values.optionalString("api.statics_path") == nil)
        #expect(values.deployment == .local)
        #expect(throws: ConfigurationError.self) { try values.string("api.statics_path") }
        #expect(throws: ConfigurationError.self) { try values.int("redis.url") }
        #expect(throws: ConfigurationError.self) { try values.string("not.declared") }
    }

    @Test func namedFileIsRead() throws {
        let directory = try Directory(["other.yml": "server: {port: 7}"])
        let values = try schema.load(environment: ["PUSHAPI_CONFIG": directory.path + "/other.yml"])
        #expect(try values.int("server.port") == 7)
        let relative = try schema.load(environment: ["PUSHAPI_CONFIG": "other.yml"], directory: directory.path)
        #expect(try relative.int("server.port") == 7)
    }

    @Test func environmentChoosesTheFile() throws {
        let directory = try Directory(["config/prod.yml": "api: {basic_auth_password: long}\nserver: {port: 9}"])
        let values = try schema.load(environment: ["PUSHAPI_ENV": "prod"], directory: directory.path)
        #expect(try values.int("server.port") == 9)
        #expect(values.deployment == .prod)
    }

    @Test(arguments: ["", "# only a comment\n", "---\n", "~"]) func emptyFileIsFine(_ yaml: String) throws {
        #expect(try problems(yaml: yaml) == [])
    }

    @Test func variablesOfOthersAreIgnored() throws {
        #expect(try problems(["PUSHAPIX_SERVER__PORT": "x", "PATH": "/bin", "PUSHAGENT_FOO": "1"]) == [])
    }
}

@Suite struct ConfigurationErrorTests {
    @Test func missingNamedFile() throws {
        #expect(try problems(["PUSHAPI_CONFIG": "/nonexistent/x.yml"]) == ["PUSHAPI_CONFIG: no such file: /nonexistent/x.yml"])
    }

    @Test func unknownNamesSuggest() throws {
        #expect(
            try problems(["PUSHAPI_SERVER__PROT": "1"])
                == ["server.prot (PUSHAPI_SERVER__PROT): unknown key, did you mean PUSHAPI_SERVER__PORT?"])
        #expect(
            try problems(["PUSHAPI_SERVER_PORT": "1"])
                == ["server_port (PUSHAPI_SERVER_PORT): unknown key, did you mean PUSHAPI_SERVER__PORT?"])
        #expect(
            try problems(["PUSHAPI_SERVER__port": "1"])
                == ["server.port (PUSHAPI_SERVER__port): unknown key, did you mean PUSHAPI_SERVER__PORT?"])
        #expect(try problems(["PUSHAPI_QUITE__DIFFERENT": "1"]) == ["quite.different (PUSHAPI_QUITE__DIFFERENT): unknown key"])
        #expect(
            try problems(yaml: "server:\n  prot: 1\n")
                == ["server.prot (config/local.yml:2): unknown key, did you mean server.port?"])
        #expect(try problems(overrides: ["zzz": "1"]) == ["zzz (override): unknown key"])
    }

    @Test func unparsableValuesNameKeySourceAndExpectation() throws {
        #expect(
            try problems(["PUSHAPI_SERVER__PORT": "eighty"])
                == ["server.port (PUSHAPI_SERVER__PORT): expected an integer from 0 to 65535, got \"eighty\""])
        #expect(
            try problems(["PUSHAPI_SERVER__PORT": ""])
                == ["server.port (PUSHAPI_SERVER__PORT): expected an integer from 0 to 65535, got \"\""])
        #expect(
            try problems(yaml: "workers: {interval: 2h}")
                == [
                    "workers.interval (config/local.yml): expected a duration such as 100ms, 50s, 1m or 2h, from 1s to 1h, got \"2h\""
                ])
        #expect(
            try problems(["PUSHAPI_LOG__LEVEL": "loud"])
                == [
                    "log.level (PUSHAPI_LOG__LEVEL): expected one of trace, debug, info, notice, warning, error, critical, got \"loud\""
                ])
        #expect(try problems(["PUSHAPI_REDIS__URL": "http://localhost"]).first?.contains("redis://host:port") == true)
        #expect(try problems(["PUSHAPI_API__ENABLE_AUTH": "maybe"]).first?.contains("expected true or false") == true)
        #expect(try problems(["PUSHAPI_ENV": "staging"]) == ["PUSHAPI_ENV: expected local or prod, got \"staging\""])
    }

    @Test func wrongShapesInTheFile() throws {
        #expect(try problems(yaml: "- a\n- b\n") == ["config/local.yml: expected keys and values at the top level"])
        #expect(try problems(yaml: "just text") == ["config/local.yml: expected keys and values at the top level"])
        #expect(try problems(yaml: "a: [1").first?.hasPrefix("config/local.yml:2: not valid YAML: ") == true)
        #expect(try problems(yaml: "server: {port: {a: 1}}").first?.contains("not a block of keys") == true)
        #expect(try problems(yaml: "server: {port: [1, 2]}").first?.contains("not a list") == true)
        #expect(try problems(yaml: "server:\n  port:\n").first?.contains("has no value") == true)
        #expect(try problems(yaml: "server: {port: 1}\nserver: {port: 2}").count == 1)
        #expect(try problems(yaml: "server: 5") == ["server (config/local.yml:1): unknown key"])
    }

    @Test func allProblemsComeTogether() throws {
        let found = try problems(
            ["PUSHAPI_SERVER__PORT": "x", "PUSHAPI_NOPE": "1", "PUSHAPI_ENV": "moon"], yaml: "workers: {interval: soon}\nfoo: 1\n"
        )
        #expect(found.count == 5)
        let error = ConfigurationError([.init(key: "a", source: "b", message: "c"), .init(key: nil, source: "d", message: "e")])
        #expect("\(error)" == "configuration: 2 problems\n  a (b): c\n  d: e")
        #expect("\(ConfigurationError([error.problems[0]]))" == "configuration: a (b): c")
    }

    @Test func prodRefusesDefaultSecrets() throws {
        let message =
            "api.basic_auth_password (default): still has its default value, which prod refuses: set PUSHAPI_API__BASIC_AUTH_PASSWORD"
        #expect(try problems(["PUSHAPI_ENV": "prod"]) == [message])
        let explicit = ["PUSHAPI_ENV": "prod", "PUSHAPI_API__BASIC_AUTH_PASSWORD": "abc123"]
        #expect(try problems(explicit).count == 1)
        #expect(try problems(["PUSHAPI_ENV": "prod", "PUSHAPI_API__BASIC_AUTH_PASSWORD": "other"]) == [])
        #expect(
            try problems(["PUSHAPI_API__BASIC_AUTH_PASSWORD": ""])
                == ["api.basic_auth_password (PUSHAPI_API__BASIC_AUTH_PASSWORD): a secret must not be empty"])
    }

    @Test func secretsNeverShow() throws {
        let schema = ConfigurationSchema(
            prefix: "X", keys: [ConfigurationKey("pin", .int(0...9), default: "7", isSecret: true, documentation: "A pin.")])
        #expect { try schema.load(environment: ["X_PIN": "hunter2"]) } throws: { !"\($0)".contains("hunter2") }
        #expect(!schema.markdownTable().contains("`7`"))
        #expect(!schema.helpText().contains(": 7"))
    }

    @Test func requiredKeys() {
        let schema = ConfigurationSchema(prefix: "X", keys: [ConfigurationKey("a.b", isRequired: true, documentation: "Needed.")])
        #expect { try schema.load(environment: [:]) } throws: {
            "\($0)" == "configuration: a.b (not set): is required: set X_A__B, text"
        }
    }

    @Test func hostileTextStaysOnOneLine() throws {
        let found = try problems(["PUSHAPI_SERVER__PORT": "1\n2\u{1B}[31m" + String(repeating: "x", count: 500)])
        #expect(found.count == 1)
        #expect(found[0].utf8.count < 200)
        #expect(!found[0].contains("\n") && !found[0].contains("\u{1B}"))
    }
}

@Suite struct ConfigurationTextTests {
    @Test(arguments: [
        ("1m", 60_000), ("50s", 50_000), ("100ms", 100), ("2h", 7_200_000), ("1h30m", 5_400_000), ("1.5s", 1500),
        ("1d", 86_400_000),
        ("0", 0),
    ]) func durations(_ text: String, _ milliseconds: Int) {
        #expect(DurationText.parse(text) == .milliseconds(milliseconds))
        #expect(DurationText.parse(DurationText.format(.milliseconds(milliseconds))) == .milliseconds(milliseconds))
    }

    @Test(arguments: ["", "5", "m", "-1s", "1x", "1 m", ".5s", "1.s", "9999999999d", "٣s", "1e3s", "nan"])
    func notDurations(_ text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test func sizes() {
        let type = ConfigurationKey.ValueType.bytes(0...Int.max)
        #expect(type.parse("512") == .bytes(512))
        #expect(type.parse("32KB") == .bytes(32_768))
        #expect(type.parse("1gb") == .bytes(1 << 30))
        #expect(type.parse("9223372036854775807GB") == nil)
        #expect(type.parse("-1") == nil)
        #expect(type.parse("1TB") == nil)
    }

    @Test(arguments: ["redis://", "redis:host", "localhost:6379", "redis://a b", "http://x"]) func notURLs(_ text: String) {
        #expect(ConfigurationKey.ValueType.url(schemes: ["redis"]).parse(text) == nil)
    }

    @Test func tablesListEveryKey() {
        let table = schema.markdownTable()
        #expect(table.split(separator: "\n").count == schema.keys.count + 2)
        #expect(
            table.contains(
                "| `redis.db.channel.prefix` | `PUSHAPI_REDIS__DB__CHANNEL__PREFIX` | text | `ch` | Starts the keys. |"))
        #expect(table.contains("Whether \\| to ask."))
        let help = schema.helpText()
        #expect(schema.keys.allSatisfy { help.contains($0.name) && help.contains($0.documentation) })
    }

    @Test func editDistance() {
        #expect(Spelling.distance("kitten", "sitting") == 3)
        #expect(Spelling.distance("", "abc") == 3)
        #expect(Spelling.closest(to: "xyzzy", in: ["server.port"]) == nil)
    }
}

import Foundation
import PushAPI
import PushAgent
import PushRedis
import PushRuntime
import PushStreamCore
import PushStreamServer
import PushTestSupport
import Testing

@testable import PushService

@Suite struct SettingsTests {
    private func settings(
        _ environment: [String: String] = [:], _ change: (inout Settings.Options) -> Void = { _ in }
    ) throws -> Settings {
        var options = Settings.Options(dataDirectory: "/nowhere")
        change(&options)
        return try Settings(options, environment: environment)
    }

    @Test func hasThePortsOfTheParts() throws {
        let settings = try self.settings()
        #expect(try settings.apiPort() == 8080)
        #expect(try settings.streamPort() == 9080)
        #expect(try settings.user() == "app")
        #expect(try settings.redisURL() == nil)
        #expect(try settings.configuredPassword() == nil)
    }

    @Test func optionsGoBeforeTheEnvironment() throws {
        let environment = [
            "PUSHSERVICE_SERVER__PORT": "1", "PUSHSERVICE_STREAM__PORT": "2", "PUSHSERVICE_API__BASIC_AUTH_PASSWORD": "kept",
        ]
        let settings = try self.settings(environment) { $0.apiPort = 3 }
        #expect(try settings.apiPort() == 3)
        #expect(try settings.streamPort() == 2)
        #expect(try settings.configuredPassword() == "kept")
    }

    @Test func usesTheRedisThatIsGiven() throws {
        #expect(try self.settings { $0.redisURL = "redis://localhost:6379" }.redisURL() == "redis://localhost:6379")
        #expect(try self.settings(["PUSHSERVICE_REDIS__URL": "redis://r:1"]).redisURL() == "redis://r:1")
    }

    @Test func hasNoUserWithoutAuthentication() throws {
        #expect(try self.settings(["PUSHSERVICE_API__ENABLE_AUTH": "false"]).user() == nil)
    }

    @Test func namesAKeyThatNobodyKnows() throws {
        let error = #expect(throws: ConfigurationError.self) {
            try self.settings(["PUSHSERVICE_SERVER__PROT": "1"])
        }
        #expect(error?.description.contains("PUSHSERVICE_SERVER__PROT") == true)
    }

    @Test func understandsTheKeysOfBothParts() throws {
        let settings = try self.settings(["PUSHSERVICE_WORKERS__STATS__INTERVAL": "7s"])
        let wiring = Settings.Wiring(
            redisURL: "redis+unix:///r.sock", password: "p", publisherURL: "unix:/p.sock", streamPort: 5)
        let agent = try settings.agent(wiring)
        #expect(agent.statistics.interval == .seconds(7))
        #expect(agent.name == "push-service")
        #expect(agent.redis.target == .socket("/r.sock"))
        #expect(try settings.api(wiring).redis.target == .socket("/r.sock"))
    }

    @Test func listsItsKeys() {
        for key in ["stream.config", "api.basic_auth_user", "workers.subscription.replay_window", "log.level"] {
            #expect(Settings.help.contains("  \(key)"))
        }
        #expect(!Settings.help.contains("agent.name"))
    }
}

@Suite struct EngineConfigurationTests {
    @Test func movesTheListenersOfTheBuiltInConfiguration() throws {
        let configuration = try EngineService.configuration(file: nil, streamPort: 1234, publisherSocket: "/p.sock")
        let kinds = configuration.servers.flatMap(\.listens).map(\.kind)
        #expect(kinds.contains(.unix(path: "/p.sock")))
        #expect(kinds.count == 2)
        #expect(
            kinds.contains {
                if case .ip(_, 1234) = $0 { true } else { false }
            })
    }

    @Test func takesDirectivesBesideThoseOfTheFile() throws {
        let temporary = try TemporaryDirectory()
        let file = "\(temporary.path)/nginx.conf"
        let listeners =
            "server { listen 9080; } server { listen 9081; location /pub { push_stream_publisher; push_stream_channels_path a; } }"
        try "events {} http { push_stream_shared_memory_size 1m; \(listeners) }".write(
            toFile: file, atomically: true, encoding: .utf8)
        let settings = try Settings(
            .init(dataDirectory: "/d"),
            environment: ["PUSHSERVICE_STREAM__DIRECTIVES": "push_stream_subscribers_limit 5; push_stream_history_limit 7 9s;"])
        for file in [file, nil] {
            let configuration = try EngineService.configuration(
                file: file, directives: try settings.directives(), streamPort: 1, publisherSocket: "/p.sock")
            #expect(configuration.store.maxSubscribers == 5)
            #expect(configuration.store.maxMessagesPerChannel == 7)
            #expect(configuration.store.messageTTL == 9000)
        }
        let error = #expect(throws: (any Error).self) {
            _ = try EngineService.configuration(file: nil, directives: "nonsense;", streamPort: 1, publisherSocket: "/p.sock")
        }
        #expect(error.map { "\($0)" } == #"[emerg] unknown directive "nonsense" in command line"#)
    }

    @Test func refusesAConfigurationWithoutAPublisher() throws {
        let temporary = try TemporaryDirectory()
        let file = "\(temporary.path)/nginx.conf"
        try "events {} http { server { listen 9080; } }".write(toFile: file, atomically: true, encoding: .utf8)
        let error = #expect(throws: StartupError.self) {
            _ = try EngineService.configuration(file: file, streamPort: 1, publisherSocket: "/p.sock")
        }
        #expect(error?.description.contains("9081") == true)
    }
}

@Suite struct BannerTests {
    @Test(arguments: [
        ("app:abc-DEF_1.2", "app:abc-DEF_1.2"), ("a b", "'a b'"), ("it's", #"'it'\''s'"#), ("$(x)", "'$(x)'"), ("", "''"),
    ])
    func quotesForTheShell(_ text: String, _ word: String) {
        #expect(Banner.shellWord(text) == word)
    }

    @Test func needsNoLoginWithoutAuthentication() {
        let banner = Banner(
            apiPort: 1, streamPort: 2, user: nil, password: "secret", passwordFile: nil, dataDirectory: "/d", redis: nil)
        #expect(!banner.text.contains("secret"))
        #expect(banner.text.contains("no authentication"))
        #expect(banner.text.contains("curl -N http://localhost:2/ev/demo"))
    }
}

import Foundation
import PushModels
import PushRedis
import PushRuntime
import Testing

@testable import PushAgent

@Suite("Configuration") struct ConfigurationTests {
    private func load(_ environment: [String: String] = [:]) throws -> AgentConfiguration {
        try AgentConfiguration(
            values: AgentConfiguration.schema.load(environment: environment, directory: "/nonexistent"), hostName: "the-host")
    }

    @Test("Defaults") func defaults() throws {
        let configuration = try self.load()
        #expect(configuration.name == "the-host")
        #expect(configuration.pushStream == .tcp(host: "localhost", port: 9081))
        #expect(configuration.redis.redactedURL == "redis://localhost:6379")
        #expect(configuration.port == 8090)
        #expect(configuration.keys.globalStatisticsPrefix == "stats_global")
        #expect(configuration.keys.channelStatisticsPrefix == "stats_channel")
        #expect(configuration.statistics == StatisticsSettings())
        #expect(configuration.subscription == SubscriptionSettings())
    }

    @Test("The environment names every key") func environment() throws {
        let configuration = try self.load([
            "PUSHAGENT_AGENT__NAME": "n1", "PUSHAGENT_PUSH_STREAM__URL": "unix:/s", "PUSHAGENT_REDIS__URL": "redis://r:1",
            "PUSHAGENT_REDIS__DB__STATS_GLOBAL__PREFIX": "g", "PUSHAGENT_REDIS__DB__STATS_CHANNEL__PREFIX": "c",
            "PUSHAGENT_SERVER__PORT": "0", "PUSHAGENT_SERVER__HOST": "127.0.0.1", "PUSHAGENT_WORKERS__STATS__INTERVAL": "10s",
            "PUSHAGENT_WORKERS__STATS__EXPIRATION": "30s", "PUSHAGENT_WORKERS__STATS__SAMPLE_INTERVAL": "1s",
            "PUSHAGENT_WORKERS__SUBSCRIPTION__REPLAY_WINDOW": "1m",
        ])
        #expect(configuration.name == "n1")
        #expect(configuration.pushStream == .unixDomainSocket(path: "/s"))
        #expect(configuration.redis.redactedURL == "redis://r:1")
        #expect(configuration.keys.globalStatistics(agent: "a") == "g:a")
        #expect(configuration.keys.channelStatistics(channel: "x", agent: "a") == "c:x:a")
        #expect(configuration.port == 0)
        #expect(configuration.statistics.interval == .seconds(10))
        #expect(configuration.statistics.expiration == .seconds(30))
        #expect(configuration.statistics.sampleInterval == .seconds(1))
        #expect(configuration.subscription.replayWindow == .seconds(60))
    }

    @Test("The README has the table of all keys") func readme() throws {
        let package = URL(fileURLWithPath: #filePath).pathComponents.dropLast(4).joined(separator: "/").dropFirst()
        let readme = try String(contentsOfFile: "\(package)/README.md", encoding: .utf8)
        let table = AgentConfiguration.schema.markdownTable()
        #expect(readme.contains(table), "\(table)")
    }

    @Test("workers.enabled turns both workers off, each key its own") func workers() throws {
        let none = try self.load(["PUSHAGENT_WORKERS__ENABLED": "false"])
        #expect(!none.statistics.isEnabled && !none.subscription.isEnabled)
        let one = try self.load(["PUSHAGENT_WORKERS__STATS__ENABLED": "false"])
        #expect(!one.statistics.isEnabled && one.subscription.isEnabled)
        let other = try self.load(["PUSHAGENT_WORKERS__SUBSCRIPTION__ENABLED": "false"])
        #expect(other.statistics.isEnabled && !other.subscription.isEnabled)
    }

    @Test(
        "What cannot be used is named, in one line and without secrets",
        arguments: [
            ("PUSHAGENT_PUSH_STREAM__URL", "localhost:9081", "push_stream.url"),
            ("PUSHAGENT_REDIS__URL", "redis://:hunter2@h:port", "redis.url"),
            ("PUSHAGENT_AGENT__NAME", "two words", "agent.name"),
            ("PUSHAGENT_WORKERS__STATS__EXPIRATION", "30s", "workers.stats.expiration"),
            ("PUSHAGENT_WORKERS__STATS__INTERVAL", "often", "workers.stats.interval"),
            ("PUSHAGENT_WORKERS__STATS__SAMPLE_INTERVAL", "1ms", "workers.stats.sample_interval"),
            ("PUSHAGENT_SERVER__PORT", "70000", "server.port"),
            ("PUSHAGENT_WORKERS__STAT__INTERVAL", "1m", "workers.stat.interval"),
        ])
    func errors(variable: String, value: String, key: String) throws {
        let error = #expect(throws: ConfigurationError.self) { try self.load([variable: value]) }
        let text = try #require(error).description
        #expect(text.contains(key))
        #expect(!text.contains("\n"))
        #expect(!text.contains("hunter2"))
    }
}

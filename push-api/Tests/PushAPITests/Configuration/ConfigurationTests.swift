import Foundation
import PushModels
import PushRedis
import PushRuntime
import PushTestSupport
import Testing

@testable import PushAPI

@Suite struct ConfigurationTests {
    private func load(_ environment: [String: String]) throws -> PushAPIConfiguration {
        try PushAPIConfiguration(try PushAPIConfiguration.schema.load(environment: environment, directory: "/nowhere"))
    }

    @Test func hasTheDocumentedDefaults() throws {
        let configuration = try self.load([:])
        #expect(configuration.authentication?.user == "app")
        #expect(configuration.authentication?.password == "abc123")
        #expect(configuration.port == 8080)
        #expect(configuration.pushStream.url == "http://localhost:9080")
        #expect(configuration.keys == .init())
        #expect(configuration.stream.maximumLength == 1_000_000)
        #expect(configuration.retention == .seconds(3600))
        #expect(configuration.persistentChannels.isEnabled)
        #expect(configuration.persistentChannels.interval == .seconds(60))
        #expect(configuration.persistentChannelsLock.timeout == .seconds(50))
        #expect(configuration.redis.target == .server(.init(host: "localhost", port: 6379)))
    }

    @Test func readsTheNamesOfExistingDeployments() throws {
        let configuration = try self.load([
            "PUSHAPI_ENV": "prod", "PUSHAPI_API__BASIC_AUTH_PASSWORD": "long", "PUSHAPI_REDIS__DB__CHANNEL__PREFIX": "c",
            "PUSHAPI_SERVER__PORT": "8081", "PUSHAPI_WORKERS__ENABLED": "false",
            "PUSHAPI_PUSH_STREAM__URL": "https://push.example/x/",
        ])
        #expect(configuration.keys.channel("a") == "c_a")
        #expect(configuration.port == 8081)
        #expect(!configuration.persistentChannels.isEnabled)
        #expect(!configuration.housekeeping.isEnabled)
        #expect(configuration.pushStream.url == "https://push.example/x")
        #expect(configuration.pushStream.port == 443)
    }

    @Test(arguments: [
        (["PUSHAPI_ENV": "prod"], "api.basic_auth_password"),
        (["PUSHAPI_API__BASIC_AUTH_USER": "a:b"], "api.basic_auth_user"),
        (["PUSHAPI_REDIS__URL": "http://localhost"], "redis.url"),
        (["PUSHAPI_PUSH_STREAM__URL": "http://user@localhost"], "push_stream.url"),
        (["PUSHAPI_PUSH_STREAM__URL": "ftp://localhost"], "push_stream.url"),
        (["PUSHAPI_REDIS__STREAM__MAX_LENGTH": "5"], "redis.stream.max_length"),
        (["PUSHAPI_SERVER__TRUSTED_PROXIES": "10.0.0.0/8,nonsense"], "server.trusted_proxies (value): 'nonsense'"),
        (["PUSHAPI_SERVER__TRUSTED_PROXIES": "10.0.0.0/33"], "server.trusted_proxies"),
        (["PUSHAPI_UNKNOWN": "1"], "unknown"),
    ])
    func refusesWhatCannotWork(environment: [String: String], key: String) {
        let error = #expect(throws: ConfigurationError.self) { try self.load(environment) }
        #expect(error?.description.contains(key) == true, "\(String(describing: error))")
    }

    @Test(arguments: [
        ("http://localhost:9080", "http://localhost:9080", "localhost", 9080),
        ("http://push.example/", "http://push.example", "push.example", 80),
        ("https://push.example/base", "https://push.example/base", "push.example", 443),
    ])
    func tellsWhereSubscribersGo(configured: String, url: String, hostname: String, port: Int) async throws {
        try await withAPI(["push_stream.url": configured]) { (api) async throws in
            let answer = try await api.http.request("GET", "/api/v1/config")
            #expect(answer.status == 200)
            let pushStream = try #require(try answer.json()["pushStream"] as? [String: Any])
            #expect(pushStream["url"] as? String == url)
            #expect(pushStream["hostname"] as? String == hostname)
            #expect(pushStream["port"] as? Int == port)
            #expect(pushStream.count == 3)
        }
    }

    @Test func theReadmeHasTheConfigurationTable() throws {
        let readme = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../README.md")
        let text = try String(contentsOf: readme, encoding: .utf8)
        let table = PushAPIConfiguration.schema.markdownTable()
        #expect(text.contains(table), "the table must be:\n\(table)")
    }
}

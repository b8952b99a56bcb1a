import Foundation
import PushModels
import PushRedis
import Testing

/// A key that a test has made.
struct TestKey: Sendable {
    let id: String
    /// `psk_...`
    let text: String
}

extension RunningAPI {
    /// Creates a key as the configured user.
    func createKey(_ scopes: [String], prefixes: [String] = [], limits: String = "{}", ttl: Int = 0) async throws -> TestKey {
        let list = { (values: [String]) in "[" + values.map { "\"\($0)\"" }.joined(separator: ",") + "]" }
        let body =
            #"{"name":"test","scopes":\#(list(scopes)),"channelPrefixes":\#(list(prefixes)),"limits":\#(limits),"ttl":\#(ttl)}"#
        let answer = try await self.http.request("POST", "/api/v1/keys", body: body)
        #expect(answer.status == 201, "\(answer.text)")
        let key = try answer.json()
        return TestKey(id: try #require(key["id"] as? String), text: try #require(key["key"] as? String))
    }

    /// A client that sends a key as its Bearer token.
    func bearer(_ key: TestKey) -> HTTPClient {
        HTTPClient(port: self.http.port, authorization: "Bearer \(key.text)")
    }

    /// A key's record as Redis has it.
    func record(_ key: TestKey) async throws -> String? {
        try await self.redis.hget(RedisKeys.apiKeys, key.id).map { String(decoding: $0, as: UTF8.self) }
    }

    /// How often Redis was given a command, by any client; a script's own calls count too.
    func calls(of command: String) async throws -> Int {
        let info = try await self.redis.send(RedisCommand("INFO", "commandstats")).string ?? ""
        let line = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("cmdstat_\(command):calls=") }
        return line.flatMap { Int($0.split(separator: "=")[1].prefix { $0.isNumber }) } ?? 0
    }
}

extension HTTPAnswer {
    /// The body as a list of objects.
    func list() throws -> [[String: Any]] {
        try JSONSerialization.jsonObject(with: Data(self.body)) as? [[String: Any]] ?? []
    }
}

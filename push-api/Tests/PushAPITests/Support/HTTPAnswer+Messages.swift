import Foundation
import PushRedis

extension HTTPAnswer {
    private struct Body: Decodable {
        struct Message: Decodable {
            let ids: [String]
        }

        let messages: [Message]
    }

    /// The ids that the answer to an array gives for each message.
    func messageIDs() throws -> [[String]] {
        try JSONDecoder().decode(Body.self, from: Data(self.body)).messages.map(\.ids)
    }
}

extension RunningAPI {
    /// How often Redis executed each command since it was started or since `CONFIG RESETSTAT`, those of scripts included.
    func commandCalls() async throws -> [String: Int] {
        let text = try await self.redis.send(RedisCommand("INFO", "commandstats")).string ?? ""
        var calls: [String: Int] = [:]
        for match in text.matches(of: /cmdstat_([^:]+):calls=(\d+)/) { calls[String(match.1)] = Int(match.2) }
        return calls
    }
}

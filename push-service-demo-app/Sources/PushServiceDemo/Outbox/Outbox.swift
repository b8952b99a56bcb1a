import Foundation
import GRDB

/// Changes that are still to be published, in their order.
public struct Outbox: Sendable {
    /// Entries that are kept at most; older ones go. Pages load what is current whenever they become live, so nobody misses them.
    static let capacity: Int64 = 10_000

    struct Entry: Sendable, Equatable {
        let id: Int64
        /// The same whenever it is sent, so that a repetition is not published twice.
        let eventID: String
        let channels: [PushAPIClient.Channel]
        let payload: String
    }

    let database: DatabasePool
    /// Tells that there is something new.
    let signal = ChangeSignal()

    /// Part of the transaction that changes the article.
    static func add(_ change: ArticleChange, to database: Database) throws {
        let channels = String(decoding: try JSONEncoder().encode(change.channels), as: UTF8.self)
        try database.execute(
            sql: "INSERT INTO outbox (event_id, channels, payload) VALUES (?, ?, ?)",
            arguments: [UUID().uuidString.lowercased(), channels, try change.payload()])
        try database.execute(sql: "DELETE FROM outbox WHERE id <= ?", arguments: [database.lastInsertedRowID - Self.capacity])
    }

    /// The oldest entry.
    func next() async throws -> Entry? {
        try await self.database.read { database in
            try Row.fetchOne(database, sql: "SELECT * FROM outbox ORDER BY id LIMIT 1").map { row in
                let channels: String = row["channels"]
                return Entry(
                    id: row["id"], eventID: row["event_id"],
                    channels: try JSONDecoder().decode([PushAPIClient.Channel].self, from: Data(channels.utf8)),
                    payload: row["payload"])
            }
        }
    }

    func remove(_ entry: Entry) async throws {
        try await self.database.write { try $0.execute(sql: "DELETE FROM outbox WHERE id = ?", arguments: [entry.id]) }
    }

    /// How many entries wait.
    public func count() async throws -> Int {
        try await self.database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM outbox") ?? 0 }
    }
}

import PushRedis
import PushaasProvisioning

/// What the last reconciliation found, over all instances.
public struct ReconciliationReport: Sendable, Hashable, Codable {
    /// Resources that it names at most.
    static let maximumResources = 200

    /// When it ended: milliseconds since 1970.
    public var time: Int
    /// Running instances that differ from their plan.
    public var drifting: [String]
    /// Running instances of which the provider could not tell, with the reason.
    public var uninspected: [String: String]
    /// Resources with this installation's tags of which pushaas knows nothing: the first 200. They are left alone, because whoever lost
    /// them may want them back.
    public var unknownResources: [Resource]
    /// How many there are.
    public var unknownCount: Int
    /// How many resources of instances that are gone were removed.
    public var removed: Int
    /// Why something could not be done, in sentences.
    public var problems: [String]
    /// Jobs that were added for instances that waited.
    public var jobsAdded: Int

    /// The one that was stored last; `nil` if there is none.
    public static func last(redis: RedisClient, keys: InstanceKeys) async throws -> ReconciliationReport? {
        guard let text = try await redis.getString(keys.reconciliation) else { return nil }
        return try? RecordCoding.decode(Self.self, text)
    }
}

import PushStreamCore

/// The profiles of one event loop. An index names a profile while it is in the table.
struct ProfileTable {
    private var byKey: [SubscriberProfile.Key: SubscriberProfile] = [:]
    private var free: [Int] = []
    /// Every index is below it.
    private(set) var indexLimit = 0

    var count: Int { byKey.count }
    var all: some Collection<SubscriberProfile> { byKey.values }

    /// Finds a profile or makes it.
    ///
    /// - Parameter pingText: `push_stream_ping_message_text`; it makes another profile where subscribers see it.
    mutating func profile(_ key: SubscriberProfile.Key, pingText: String) -> SubscriberProfile {
        var key = key
        if key.framing == .plain, key.pingInterval != nil { key.pingText = pingText }
        if let known = byKey[key] { return known }
        // Keys come from the configuration alone, so their number is bounded; see `sweep` for those of earlier ones.
        let index = free.popLast() ?? indexLimit
        indexLimit = max(indexLimit, index + 1)
        let profile = SubscriberProfile(key, index: index)
        byKey[key] = profile
        return profile
    }

    /// Drops what no subscriber has. The configuration in force may ask for it again.
    mutating func sweep() {
        for (key, profile) in byKey where profile.users == 0 {
            byKey[key] = nil
            free.append(profile.index)
        }
    }
}

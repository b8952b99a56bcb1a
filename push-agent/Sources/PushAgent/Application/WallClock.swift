import FoundationEssentials

/// The time of day.
enum WallClock {
    /// Milliseconds since 1970.
    static func milliseconds() -> UInt64 { UInt64(max(0, Date().timeIntervalSince1970 * 1_000)) }
}

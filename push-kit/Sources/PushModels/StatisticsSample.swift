/// Figures of one push-stream at one moment, as its agent keeps them in Redis for an hour.
///
/// The counts only grow until who counts is started anew; then they begin at 0.
public struct StatisticsSample: Sendable, Equatable, CustomStringConvertible {
    /// Seconds between two slots.
    public static let resolution = 10
    /// Slots of a series: an hour. A sample replaces the one of an hour before.
    public static let slots = 360

    /// More than any of the numbers can be, and few enough that sums do not overflow.
    private static let plausible = 1 << 52

    /// Seconds since 1970 by Redis' clock, which all agents share.
    public var time: Int
    /// Subscribers at that moment.
    public var subscribers: Int
    /// Messages that this store of push-stream was given.
    public var published: Int
    /// Those of them that the agent gave it for a second time, since the agent was started: what a new store lacked.
    public var replayed: Int
    /// Which store counts them; another text means that `published` began at 0 again.
    public var store: String

    public init(time: Int, subscribers: Int, published: Int, replayed: Int, store: String) {
        self.time = time
        self.subscribers = subscribers
        self.published = published
        self.replayed = replayed
        self.store = store
    }

    /// - Returns: `nil` for anything but ``description``.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
        let numbers = parts.prefix(4).compactMap { Int($0) }
        guard parts.count == 5, numbers.count == 4, numbers.allSatisfy({ (0...Self.plausible).contains($0) }) else { return nil }
        self.init(
            time: numbers[0], subscribers: numbers[1], published: numbers[2], replayed: numbers[3], store: String(parts[4]))
    }

    /// `time subscribers published replayed store`.
    public var description: String {
        "\(self.time) \(self.subscribers) \(self.published) \(self.replayed) \(self.store)"
    }

    /// The field of the series in which the sample is kept, from 0 to ``slots`` - 1.
    public var slot: Int { self.time / Self.resolution % Self.slots }

    /// New messages since an earlier sample of the same agent.
    public func messages(since earlier: StatisticsSample) -> Int {
        let counts = self.store == earlier.store && self.published >= earlier.published
        let published = counts ? self.published - earlier.published : self.published
        let replayed = self.replayed >= earlier.replayed ? self.replayed - earlier.replayed : self.replayed
        return max(0, published - replayed)
    }
}

/// How much a key may publish. Over any second at most twice as much passes: one second's worth at once, and what comes in meanwhile.
struct RateLimits: Codable, Equatable, Sendable {
    static let messages = 1...1_000_000
    static let bytes = 1...1_000_000_000

    /// Messages per second, counted by channel entry; `nil` for no limit.
    let messagesPerSecond: Int?
    /// Bytes of content per second, as the client sent it, counted for each channel entry; `nil` for no limit.
    let bytesPerSecond: Int?

    static let none = RateLimits(messagesPerSecond: nil, bytesPerSecond: nil)
}

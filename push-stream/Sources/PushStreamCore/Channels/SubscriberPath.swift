/// One channel that a request names, with the number of stored messages it wants first.
public struct RequestedChannel: Hashable, Sendable {
    public var name: ChannelName
    /// `.b5` is 5; 0 when none is asked for.
    public var backtrack: Int

    public init(name: ChannelName, backtrack: Int = 0) {
        self.name = name
        self.backtrack = backtrack
    }
}

/// Reads the value of `push_stream_channels_path`, such as `a/b.b5/c`.
public enum SubscriberPath {
    /// Decodes `%XX` and splits at `/`. Empty segments are left out; a channel that stands twice is taken once, with its larger
    /// backtrack, so that nobody gets a message twice.
    ///
    /// - Throws: ``StoreError/noChannelID`` when nothing is left, ``StoreError/invalidChannelID`` for ids that are not UTF-8 or
    ///   have control characters.
    public static func parse(_ value: [UInt8]) throws(StoreError) -> [RequestedChannel] {
        var channels: [RequestedChannel] = []
        for requested in try read(value) {
            if let known = channels.firstIndex(where: { $0.name == requested.name }) {
                channels[known].backtrack = max(channels[known].backtrack, requested.backtrack)
            } else {
                channels.append(requested)
            }
        }
        return channels
    }

    /// The channels of a publisher or of statistics: one that stands twice gets two messages, as in the module.
    ///
    /// - Throws: as ``parse(_:)``.
    public static func names(_ value: [UInt8]) throws(StoreError) -> [ChannelName] {
        try read(value).map(\.name)
    }

    private static func read(_ value: [UInt8]) throws(StoreError) -> [RequestedChannel] {
        var channels: [RequestedChannel] = []
        for segment in PercentDecoding.decode(value).split(separator: UInt8(ascii: "/")) {
            let (id, backtrack) = splitBacktrack(segment)
            if id.isEmpty { continue }
            guard let name = ChannelName(id) else { throw .invalidChannelID }
            channels.append(RequestedChannel(name: name, backtrack: backtrack))
        }
        if channels.isEmpty { throw .noChannelID }
        return channels
    }

    /// Splits `name.b12` into `name` and 12; anything else is all name.
    private static func splitBacktrack(_ segment: ArraySlice<UInt8>) -> (ArraySlice<UInt8>, Int) {
        let digits = segment.reversed().prefix { $0 >= 0x30 && $0 <= 0x39 }.count
        guard digits > 0, segment.count >= digits + 2 else { return (segment, 0) }
        let b = segment.endIndex - digits - 1
        guard segment[b] == UInt8(ascii: "b"), segment[b - 1] == UInt8(ascii: ".") else { return (segment, 0) }
        return (segment[segment.startIndex..<(b - 1)], DecimalParsing.clamped(segment[(b + 1)...]))
    }
}

enum DecimalParsing {
    /// Digits to a number; what does not fit is the largest one.
    static func clamped(_ digits: some Sequence<UInt8>) -> Int {
        var value = 0
        for digit in digits {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow2) = product.addingReportingOverflow(Int(digit & 0x0F))
            if overflow || overflow2 { return .max }
            value = sum
        }
        return value
    }

    /// The number that the whole of `digits` is, or `nil`.
    static func parse(_ digits: some Collection<UInt8>) -> Int? {
        guard !digits.isEmpty, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        let value = clamped(digits)
        return value == .max ? nil : value
    }
}

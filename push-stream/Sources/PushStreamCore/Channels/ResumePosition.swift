/// Where a subscriber wants to start, beside the backtrack of each channel.
public struct ResumePosition: Sendable, Equatable {
    /// `If-Modified-Since` in seconds since 1970, or its replacement from the query.
    public var time: Int?
    /// `If-None-Match`, or its replacement.
    public var tag: Int?
    /// `Last-Event-ID`, or its replacement.
    public var eventID: [UInt8]?

    public init(time: Int? = nil, tag: Int? = nil, eventID: [UInt8]? = nil) {
        self.time = time
        self.tag = tag
        self.eventID = eventID
    }

    /// From now on only.
    public static let live = ResumePosition()

    /// Reads the values as the Nginx module does: an unreadable time or tag counts as absent, `W/` before a tag is skipped.
    public init(time: [UInt8]?, tag: [UInt8]?, eventID: [UInt8]?) {
        self.time = time.flatMap { HTTPDate.parse($0) }
        self.tag = tag.flatMap { raw in
            let digits = raw.starts(with: Array("W/".utf8)) ? raw.dropFirst(2) : raw[...]
            return DecimalParsing.parse(digits)
        }
        self.eventID = eventID.flatMap { $0.isEmpty ? nil : $0 }
    }

    var isLive: Bool { time == nil && eventID == nil }

    /// Whether a message is later than ``time`` and ``tag``. Without a tag, everything of that second counts as received.
    func isBefore(_ message: Message) -> Bool {
        guard let time else { return false }
        if message.time != time { return message.time > time }
        guard let tag else { return false }
        return message.tag > tag
    }
}

/// An event id in the form of a Redis stream entry, `<milliseconds>-<sequence>`: ordered over all instances.
public struct StreamEventID: Comparable, Sendable {
    var milliseconds: UInt64
    var sequence: UInt64

    /// - Returns: `nil` for an id of any other form.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count <= 41, let dash = bytes.firstIndex(of: UInt8(ascii: "-")),
            let milliseconds = Self.number(bytes[..<dash]), let sequence = Self.number(bytes[(dash + 1)...])
        else { return nil }
        self.milliseconds = milliseconds
        self.sequence = sequence
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard !digits.isEmpty, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        return UInt64(String(decoding: digits, as: UTF8.self))
    }

    public static func < (a: Self, b: Self) -> Bool {
        (a.milliseconds, a.sequence) < (b.milliseconds, b.sequence)
    }
}

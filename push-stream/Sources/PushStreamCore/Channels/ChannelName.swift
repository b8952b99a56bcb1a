/// A channel id. Two ids are the same when their bytes are: no Unicode normalisation, as in the Nginx module.
public struct ChannelName: Hashable, Sendable, CustomStringConvertible {
    public let bytes: [UInt8]

    /// - Returns: `nil` for an id that is empty, is not UTF-8, or has control characters.
    public init?(_ bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        guard !bytes.isEmpty, bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), UTF8Validator.isValid(bytes) else { return nil }
        self.bytes = bytes
    }

    public init?(_ text: String) {
        self.init(text.utf8)
    }

    public var description: String { String(decoding: bytes, as: UTF8.self) }

    public func hash(into hasher: inout Hasher) {
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }

    func hasPrefix(_ prefix: [UInt8]) -> Bool { bytes.starts(with: prefix) }
}

/// Identifies one life of a channel: a channel that was deleted and made again has another one.
public struct ChannelToken: Hashable, Sendable {
    let value: UInt64
}

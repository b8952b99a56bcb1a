import NIOCore
import PushModels

/// The body of `POST /api/v1/keys`, checked.
///
/// Unknown fields are refused: a misspelt `channelPrefixes` would make a key that may do more than was meant.
struct CreateKeyRequest: Equatable, Sendable {
    /// Bytes of a body at most: 20 prefixes of 199 bytes, escaped as 1,194 each, a name of 100 characters as 1,200, and room.
    static let maximumBodySize = 64 * 1024
    /// Unicode scalars.
    static let nameLength = 1...100
    static let maximumPrefixes = 20
    /// Bytes of UTF-8: one less than an id, so that there is an id that begins with it.
    static let maximumPrefixLength = ChannelID.maximumLength - 1
    /// Seconds at most: ten years.
    static let maximumTTL = 10 * 365 * 24 * 3600

    let name: String
    /// Without duplicates, in the order of ``Scope``.
    let scopes: [Scope]
    /// Without duplicates; empty for all channels.
    let channelPrefixes: [String]
    let limits: RateLimits
    /// Seconds; 0 is for ever.
    let ttl: Int
    /// The text of a key that there was, to have it back; `nil` for a new one.
    let key: String?

    private struct Body: Decodable {
        let name: String
        let scopes: [String]
        let channelPrefixes: [String]
        let limits: Limits
        let ttl: Int
        let key: String?

        private enum CodingKeys: CodingKey, CaseIterable {
            case name, scopes, channelPrefixes, limits, ttl, key
        }

        init(from decoder: any Decoder) throws {
            try decoder.refuseUnknownFields(CodingKeys.self)
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self.name = try fields.decode(String.self, forKey: .name)
            self.scopes = try fields.decode([String].self, forKey: .scopes)
            // `null` is a wrong type, not an absent field.
            self.channelPrefixes =
                fields.contains(.channelPrefixes) ? try fields.decode([String].self, forKey: .channelPrefixes) : []
            self.limits = fields.contains(.limits) ? try fields.decode(Limits.self, forKey: .limits) : Limits()
            self.ttl = fields.contains(.ttl) ? try fields.decodeInteger(forKey: .ttl) : 0
            self.key = fields.contains(.key) ? try fields.decode(String.self, forKey: .key) : nil
        }
    }

    /// As in answers, `null` is no limit.
    private struct Limits: Decodable {
        var messagesPerSecond: Int?
        var bytesPerSecond: Int?

        private enum CodingKeys: CodingKey, CaseIterable {
            case messagesPerSecond, bytesPerSecond
        }

        init() {}

        init(from decoder: any Decoder) throws {
            try decoder.refuseUnknownFields(CodingKeys.self)
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self.messagesPerSecond = try fields.decodeIntegerIfPresent(forKey: .messagesPerSecond)
            self.bytesPerSecond = try fields.decodeIntegerIfPresent(forKey: .bytesPerSecond)
        }
    }

    init(json: ByteBuffer) throws(InvalidRequestBody) {
        let body = try JSONRequestBody.decode(Body.self, from: json)
        self.name = try Self.name(body.name)
        self.scopes = try Self.scopes(body.scopes)
        self.channelPrefixes = try Self.prefixes(body.channelPrefixes)
        guard self.channelPrefixes.isEmpty || !self.scopes.contains(.admin) else {
            throw .badFormat("'channelPrefixes' and the scope 'admin' do not go together: whoever may create keys may do all")
        }
        func check(_ value: Int?, _ range: ClosedRange<Int>, _ field: String) throws(InvalidRequestBody) {
            guard let value, !range.contains(value) else { return }
            throw .badFormat(
                "'limits.\(field)' is \(value): give \(range.lowerBound) to \(range.upperBound), or null for no limit")
        }
        try check(body.limits.messagesPerSecond, RateLimits.messages, "messagesPerSecond")
        try check(body.limits.bytesPerSecond, RateLimits.bytes, "bytesPerSecond")
        self.limits = RateLimits(messagesPerSecond: body.limits.messagesPerSecond, bytesPerSecond: body.limits.bytesPerSecond)
        guard (0...Self.maximumTTL).contains(body.ttl) else {
            throw .badFormat("'ttl' is \(body.ttl): give 0 (for ever) to \(Self.maximumTTL) seconds (ten years)")
        }
        self.ttl = body.ttl
        // The text itself is a secret and is not repeated.
        guard body.key.map({ APIKeyToken($0.utf8) != nil }) ?? true else {
            throw .badFormat("'key' is no API key: give the text of one that there was (psk_...), or leave it out for a new one")
        }
        self.key = body.key
    }

    private static func name(_ name: String) throws(InvalidRequestBody) -> String {
        guard self.nameLength.contains(name.unicodeScalars.count) else {
            throw .badFormat(
                "'name' has \(name.unicodeScalars.count) characters: give \(self.nameLength.lowerBound) to \(self.nameLength.upperBound)"
            )
        }
        guard !name.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw .badFormat("'name' contains a control character")
        }
        return name
    }

    private static func scopes(_ names: [String]) throws(InvalidRequestBody) -> [Scope] {
        let known = Scope.allCases.map(\.rawValue).joined(separator: ", ")
        guard !names.isEmpty else { throw .badFormat("'scopes' is empty: give one or more of \(known)") }
        var scopes: Set<Scope> = []
        for (index, name) in names.enumerated() {
            guard let scope = Scope(rawValue: name) else {
                throw .badFormat("'scopes[\(index)]' is no scope: give one or more of \(known)")
            }
            scopes.insert(scope)
        }
        return Scope.allCases.filter(scopes.contains)
    }

    private static func prefixes(_ prefixes: [String]) throws(InvalidRequestBody) -> [String] {
        guard prefixes.count <= self.maximumPrefixes else {
            throw .badFormat("'channelPrefixes' has \(prefixes.count) prefixes: give at most \(self.maximumPrefixes)")
        }
        var unique: [String] = []
        // By bytes, as channel ids are compared.
        var seen: Set<[UInt8]> = []
        for (index, prefix) in prefixes.enumerated() {
            let length = prefix.utf8.count
            guard (1...self.maximumPrefixLength).contains(length) else {
                throw .badFormat(
                    "'channelPrefixes[\(index)]' has \(length) bytes in UTF-8: give 1 to \(self.maximumPrefixLength)")
            }
            do {
                // A prefix need not be an id, but an id must be able to begin with it.
                _ = try ChannelID(prefix + "x")
            } catch {
                throw .badFormat("'channelPrefixes[\(index)]': \(error)")
            }
            if seen.insert(Array(prefix.utf8)).inserted { unique.append(prefix) }
        }
        return unique
    }
}

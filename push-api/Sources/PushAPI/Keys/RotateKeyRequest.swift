import NIOCore

/// The body of `POST /api/v1/keys/ID/rotate`, checked. There need not be one.
struct RotateKeyRequest: Equatable, Sendable {
    static let maximumBodySize = 1024
    /// Seconds: a day.
    static let defaultPreviousTTL = 24 * 3600
    /// Seconds at most: a year. Whoever wants both for longer wants two keys.
    static let maximumPreviousTTL = 365 * 24 * 3600

    /// Seconds that the secret of until now stays valid; 0 ends it now.
    let previousTTL: Int

    private struct Body: Decodable {
        let previousTTL: Int?

        private enum CodingKeys: CodingKey, CaseIterable {
            case previousTTL
        }

        init(from decoder: any Decoder) throws {
            try decoder.refuseUnknownFields(CodingKeys.self)
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self.previousTTL = fields.contains(.previousTTL) ? try fields.decodeInteger(forKey: .previousTTL) : nil
        }
    }

    init(json: ByteBuffer) throws(InvalidRequestBody) {
        guard json.readableBytes > 0 else {
            self.previousTTL = Self.defaultPreviousTTL
            return
        }
        let previousTTL = try JSONRequestBody.decode(Body.self, from: json).previousTTL ?? Self.defaultPreviousTTL
        guard (0...Self.maximumPreviousTTL).contains(previousTTL) else {
            throw .badFormat("'previousTTL' is \(previousTTL): give 0 (ends now) to \(Self.maximumPreviousTTL) seconds (a year)")
        }
        self.previousTTL = previousTTL
    }
}

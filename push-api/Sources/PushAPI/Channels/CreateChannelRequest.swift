import NIOCore
import PushModels

/// The body of `POST /api/v1/channels`, checked.
struct CreateChannelRequest: Equatable, Sendable {
    /// Bytes of a body at most: an id of 200 bytes, escaped as 1,200, a number, white space and unknown fields.
    static let maximumBodySize = 16 * 1024

    /// Seconds at most: ten years.
    static let maximumTTL = 10 * 365 * 24 * 3600

    let id: ChannelID
    /// Seconds; 0 is for ever.
    let ttl: Int

    private struct Body: Decodable {
        let id: String
        let ttl: Int

        private enum CodingKeys: CodingKey {
            case id, ttl
        }

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self.id = try fields.decode(String.self, forKey: .id)
            do {
                // `null` is a wrong type, not an absent field.
                self.ttl = fields.contains(.ttl) ? try fields.decode(Int.self, forKey: .ttl) : 0
            } catch  where !(error is DecodingError) {
                // What the decoder throws inside for a number that is no integer or too large is not public.
                throw DecodingError.typeMismatch(
                    Int.self, .init(codingPath: [CodingKeys.ttl], debugDescription: "not an integer of 64 bits"))
            }
        }
    }

    init(json: ByteBuffer) throws(InvalidRequestBody) {
        let body = try JSONRequestBody.decode(Body.self, from: json)
        do {
            self.id = try ChannelID(body.id)
        } catch {
            throw .badFormat("'id': \(error)")
        }
        guard (0...Self.maximumTTL).contains(body.ttl) else {
            throw .badFormat("'ttl' is \(body.ttl): give 0 (for ever) to \(Self.maximumTTL) seconds (ten years)")
        }
        self.ttl = body.ttl
    }
}

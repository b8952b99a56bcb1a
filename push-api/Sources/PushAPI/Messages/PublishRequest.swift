import NIOCore
import PushModels

/// The body of `POST /api/v1/messages`, checked.
struct PublishRequest: Equatable, Sendable {
    /// Channels that one request names at most, duplicates included.
    static let maximumChannels = 100

    /// Bytes of a body at most. JSON may escape every byte as six (`\u0061`): 100 ids of 200 bytes with quotes and comma are
    /// 120,300 bytes, content of 32 KiB is 196,608; the rest is room for white space and unknown fields.
    static let maximumBodySize = 384 * 1024

    /// Without duplicates, in the order of the request.
    let channels: [ChannelID]
    /// Percent-encoded (``ContentEncoding``), 1 to 32,768 bytes.
    let encodedContent: String

    private struct Body: Decodable {
        let channels: [String]
        let content: String
    }

    enum Invalid: Error, Equatable {
        case body(InvalidRequestBody)
        case format(String)
        /// The length in bytes after encoding.
        case contentTooLarge(Int)
    }

    init(json: ByteBuffer) throws(Invalid) {
        let body: Body
        do {
            body = try JSONRequestBody.decode(Body.self, from: json)
        } catch {
            throw .body(error)
        }
        guard !body.channels.isEmpty else {
            throw .format("'channels' is empty: name at least one channel")
        }
        guard body.channels.count <= Self.maximumChannels else {
            throw .format("'channels' names \(body.channels.count) channels: name at most \(Self.maximumChannels) in one request")
        }
        var channels: [ChannelID] = []
        // By bytes: Swift holds two texts for equal that differ only in their Unicode normal form, Redis and push-stream do not.
        var seen: Set<[UInt8]> = []
        for (index, id) in body.channels.enumerated() {
            do {
                let channel = try ChannelID(id)
                if seen.insert(Array(channel.rawValue.utf8)).inserted { channels.append(channel) }
            } catch {
                throw .format("'channels[\(index)]': \(error)")
            }
        }
        guard !body.content.isEmpty else {
            throw .format("'content' is empty: push-stream does not publish empty messages")
        }
        let length = ContentEncoding.encodedLength(body.content)
        guard length <= ContentEncoding.maximumEncodedLength else { throw .contentTooLarge(length) }
        self.channels = channels
        self.encodedContent = ContentEncoding.encode(body.content)
    }
}

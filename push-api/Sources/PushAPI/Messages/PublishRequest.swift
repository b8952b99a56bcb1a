import PushModels

/// One message of a `POST /api/v1/messages`, checked: content for one channel or several.
struct PublishRequest: Equatable, Sendable {
    /// Channels that one message names at most, duplicates included.
    static let maximumChannels = 100

    /// Bytes of a body at most that is one message. JSON may escape every byte as six (`\u0061`): 100 ids of 200 bytes with quotes
    /// and comma are 120,300 bytes, content of 32 KiB is 196,608; the rest is room for white space and unknown fields.
    static let maximumBodySize = 384 * 1024

    /// Without duplicates, in the order of the request.
    let channels: [ChannelID]
    /// Percent-encoded (``ContentEncoding``), 1 to 32,768 bytes.
    let encodedContent: String

    /// Why a body cannot be published. The fields are named as `content`, or as `[3].content` in the fourth message of an array.
    enum Invalid: Error, Equatable {
        case body(InvalidRequestBody)
        case format(String)
        /// The length in bytes after encoding.
        case contentTooLarge(Int, field: String = "content")
        /// An array whose messages would take so many bytes in Redis.
        case tooMuch(Int)
    }

    /// - Parameters:
    ///   - reader: At the start of the message.
    ///   - index: The message's place in an array.
    init(at reader: JSONReader, index: Int? = nil) throws(Invalid) {
        guard reader.kind == .object else {
            throw .body(.badFormat("the field '\(index.map { "[\($0)]" } ?? "")' must be an object"))
        }
        var channels: JSONReader?
        var content: JSONReader?
        reader.members { name, value in
            // The first one of a name counts.
            if channels == nil, name.equals("channels") {
                channels = value
            } else if content == nil, name.equals("content") {
                content = value
            }
        }
        self.channels = try Self.channels(channels, field: Field(name: "channels", index: index))
        self.encodedContent = try Self.content(content, field: Field(name: "content", index: index))
    }

    /// A field's name, put together only for errors.
    private struct Field: CustomStringConvertible {
        let name: String
        let index: Int?

        var description: String { self.index.map { "[\($0)].\(self.name)" } ?? self.name }
        var missing: Invalid { .body(.badFormat("the field '\(self)' is missing")) }
    }

    private static func channels(_ reader: JSONReader?, field: Field) throws(Invalid) -> [ChannelID] {
        guard let reader else { throw field.missing }
        guard reader.kind == .array else { throw .body(.badFormat("the field '\(field)' must be a list")) }
        var ids: [String] = []
        var count = 0
        try reader.elements { element throws(Invalid) in
            guard element.kind == .string else {
                throw .body(.badFormat("the field '\(field)[\(count)]' must be a string"))
            }
            // Those beyond the limit are only counted.
            if count < Self.maximumChannels {
                guard let id = element.string.withUTF8({ String(decoding: $0, as: UTF8.self) }) else {
                    throw .body(.badFormat("the field '\(field)[\(count)]' is not valid: it has half of a surrogate pair"))
                }
                ids.append(id)
            }
            count += 1
        }
        guard count > 0 else {
            throw .format("'\(field)' is empty: name at least one channel")
        }
        guard count <= Self.maximumChannels else {
            throw .format("'\(field)' names \(count) channels: name at most \(Self.maximumChannels) in one request")
        }
        var channels: [ChannelID] = []
        channels.reserveCapacity(count)
        var seen = Set<ChannelID>()
        for (index, id) in ids.enumerated() {
            do {
                let channel = try ChannelID(id)
                // Most messages are for one channel.
                if count == 1 || seen.insert(channel).inserted { channels.append(channel) }
            } catch {
                throw .format("'\(field)[\(index)]': \(error)")
            }
        }
        return channels
    }

    private static func content(_ reader: JSONReader?, field: Field) throws(Invalid) -> String {
        guard let reader else { throw field.missing }
        guard reader.kind == .string else { throw .body(.badFormat("the field '\(field)' must be a string")) }
        let content = reader.string.withUTF8 { bytes in
            let length = ContentEncoding.encodedLength(bytes)
            return (length, length > ContentEncoding.maximumEncodedLength ? "" : ContentEncoding.encode(bytes))
        }
        guard let (length, encoded) = content else {
            throw .body(.badFormat("the field '\(field)' is not valid: it has half of a surrogate pair"))
        }
        guard length > 0 else {
            throw .format("'\(field)' is empty: push-stream does not publish empty messages")
        }
        guard length <= ContentEncoding.maximumEncodedLength else { throw .contentTooLarge(length, field: field.description) }
        return encoded
    }
}

import NIOCore

/// The body of `POST /api/v1/messages`, checked: one message, or an array of them that is published whole or not at all.
struct PublishBatch: Equatable, Sendable {
    /// Messages of an array at most.
    static let maximumMessages = 1_000

    /// Stream entries (a message counts once for each of its channels) of an array at most: Redis adds them in one step,
    /// during which it does nothing else.
    static let maximumEntries = 10_000

    /// Bytes of a body at most. One that is a single message: ``PublishRequest/maximumBodySize``.
    static let maximumBodySize = 8 * 1024 * 1024

    /// Bytes of content in Redis at most, counted for each channel: a small body can name a hundred channels for each content.
    static let maximumContentSize = 64 * 1024 * 1024

    let messages: [PublishRequest]
    /// Whether the body was an array, and its answer is one too.
    let isArray: Bool
    /// Stream entries: the channels of all messages.
    let entryCount: Int

    init(json: ByteBuffer) throws(PublishRequest.Invalid) {
        self = try json.withUnsafeReadableBytes { bytes throws(PublishRequest.Invalid) in
            try Self(json: bytes.assumingMemoryBound(to: UInt8.self))
        }
    }

    private init(json: UnsafeBufferPointer<UInt8>) throws(PublishRequest.Invalid) {
        do {
            try JSONRequestBody.check(json)
        } catch {
            throw .body(error)
        }
        let reader = JSONReader(valid: json)
        switch reader.kind {
        case .object:
            self.messages = [try PublishRequest(at: reader)]
            self.isArray = false
        case .array:
            self.messages = try Self.messages(of: reader)
            self.isArray = true
        case .string, .number, .boolean, .null:
            throw .body(.notAnObject("the request body must be a JSON object, or an array of them"))
        }
        self.entryCount = self.messages.reduce(0) { $0 + $1.channels.count }
        guard self.entryCount <= Self.maximumEntries else {
            throw .format(
                "the messages name \(self.entryCount) channels together: name at most \(Self.maximumEntries) in one request")
        }
        let size = self.messages.reduce(0) { $0 + $1.channels.count * $1.encodedContent.utf8.count }
        guard size <= Self.maximumContentSize else { throw .tooMuch(size) }
    }

    private static func messages(of reader: JSONReader) throws(PublishRequest.Invalid) -> [PublishRequest] {
        var messages: [PublishRequest] = []
        var count = 0
        try reader.elements { element throws(PublishRequest.Invalid) in
            // Those beyond the limit are only counted.
            if count < Self.maximumMessages { messages.append(try PublishRequest(at: element, index: count)) }
            count += 1
        }
        guard count > 0 else {
            throw .body(.notAnObject("the array is empty: send 1 to \(Self.maximumMessages) messages"))
        }
        guard count <= Self.maximumMessages else {
            throw .format("the array has \(count) messages: send at most \(Self.maximumMessages) in one request")
        }
        return messages
    }
}

import Foundation

/// A request that publishes, as bytes that are sent again and again with other numbers in their marks.
struct PublishRequest {
    private(set) var bytes: [UInt8]
    /// Where the mark of each message begins.
    private let marks: [Int]

    var messageCount: Int { self.marks.count }

    /// A message for push-stream.
    /// - Parameter size: bytes of the message's text, the mark included.
    init(path: String, host: String, size: Int) {
        let text = Self.text(size: size)
        let head = "POST \(path) HTTP/1.1\r\nHost: \(host)\r\nContent-Length: \(text.count)\r\n\r\n"
        self.bytes = Array(head.utf8) + text
        self.marks = [head.utf8.count]
    }

    /// Messages for push-api.
    /// - Parameters:
    ///   - channel: all are for this one.
    ///   - size: bytes of each message's content, the mark included.
    ///   - count: 1 publishes an object, more an array of them.
    init(apiHost host: String, credentials: APICredentials, channel: String, size: Int, count: Int) throws {
        let name = String(decoding: try JSONEncoder().encode(channel), as: UTF8.self)
        var body: [UInt8] = []
        var marks: [Int] = []
        if count > 1 { body.append(UInt8(ascii: "[")) }
        for index in 0..<count {
            if index > 0 { body.append(UInt8(ascii: ",")) }
            body += Array("{\"channels\":[\(name)],\"content\":\"".utf8)
            marks.append(body.count)
            body += Self.text(size: size) + Array("\"}".utf8)
        }
        if count > 1 { body.append(UInt8(ascii: "]")) }
        var head = "POST /api/v1/messages HTTP/1.1\r\nHost: \(host)\r\nContent-Type: application/json\r\n"
        if let authorization = credentials.authorization { head += "Authorization: \(authorization)\r\n" }
        head += "Content-Length: \(body.count)\r\n\r\n"
        self.bytes = Array(head.utf8) + body
        self.marks = marks.map { head.utf8.count + $0 }
    }

    private static func text(size: Int) -> [UInt8] {
        SequenceMark.bytes(0) + [UInt8](repeating: UInt8(ascii: "x"), count: size - SequenceMark.length)
    }

    /// Numbers the messages.
    /// - Parameters:
    ///   - first: the number of the first one.
    ///   - stride: what the others' numbers grow by.
    mutating func mark(_ first: Int, stride: Int) {
        self.bytes.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            for (index, offset) in self.marks.enumerated() { SequenceMark.write(first + index * stride, at: base + offset) }
        }
    }
}

/// How a publisher signs in to push-api.
enum APICredentials {
    case none
    /// `NAME:PASSWORD`.
    case basic(String)
    /// An API key.
    case bearer(String)

    /// The value of the `Authorization` field.
    var authorization: String? {
        switch self {
        case .none: nil
        case .basic(let user): "Basic \(Data(user.utf8).base64EncodedString())"
        case .bearer(let key): "Bearer \(key)"
        }
    }
}

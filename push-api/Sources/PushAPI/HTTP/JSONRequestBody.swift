import FoundationEssentials
import NIOCore

/// Why a request body cannot be used. The descriptions are sentences for the caller.
enum InvalidRequestBody: Error, Equatable {
    /// More bytes than the endpoint takes.
    case tooLarge(limit: Int)
    /// Not a JSON object in UTF-8.
    case notAnObject(String)
    /// A JSON object whose fields are not what the endpoint takes.
    case badFormat(String)

    var message: String {
        switch self {
        case .tooLarge(let limit):
            return "the request body is too large: send at most \(limit) bytes"
        case .notAnObject(let reason), .badFormat(let reason):
            return reason
        }
    }
}

/// Reads a request's JSON and turns the decoder's errors into sentences that name the field.
enum JSONRequestBody {
    static func decode<Value: Decodable>(_ type: Value.Type, from body: ByteBuffer) throws(InvalidRequestBody) -> Value {
        try body.withUnsafeReadableBytes { bytes throws(InvalidRequestBody) in
            try Self.check(bytes.assumingMemoryBound(to: UInt8.self))
        }
        do {
            return try JSONDecoder().decode(type, from: Data(body.readableBytesView))
        } catch let error as DecodingError {
            throw Self.explain(error)
        } catch {
            throw .notAnObject("the request body is not valid JSON")
        }
    }

    /// Throws unless the bytes are one JSON text in UTF-8.
    static func check(_ bytes: UnsafeBufferPointer<UInt8>) throws(InvalidRequestBody) {
        guard !bytes.isEmpty else {
            throw .notAnObject("the request body is empty: send a JSON object")
        }
        // The decoder would guess UTF-16 and UTF-32 from zero bytes; JSON between systems is UTF-8 (RFC 8259, section 8.1).
        guard !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil else {
            throw .notAnObject("the request body is not valid UTF-8: send JSON encoded in UTF-8")
        }
        guard JSONSyntax.isValid(bytes) else {
            throw .notAnObject("the request body is not valid JSON")
        }
    }

    private static func explain(_ error: DecodingError) -> InvalidRequestBody {
        switch error {
        case .keyNotFound(let key, let context):
            return .badFormat("the field '\(Self.path(context.codingPath + [key]))' is missing")
        case .valueNotFound(let type, let context):
            return Self.wrongType(type, at: context.codingPath)
        case .typeMismatch(let type, let context):
            return Self.wrongType(type, at: context.codingPath)
        case .dataCorrupted(let context):
            guard !context.codingPath.isEmpty else { return .notAnObject("the request body is not valid JSON") }
            return .badFormat(
                "the field '\(Self.path(context.codingPath))' is not valid: \(Self.lowercasedFirst(context.debugDescription))")
        @unknown default:
            return .notAnObject("the request body is not valid JSON")
        }
    }

    private static func wrongType(_ type: Any.Type, at path: [any CodingKey]) -> InvalidRequestBody {
        guard !path.isEmpty else { return .notAnObject("the request body must be a JSON object") }
        return .badFormat("the field '\(Self.path(path))' must be \(Self.name(of: type))")
    }

    private static func name(of type: Any.Type) -> String {
        if type == String.self { return "a string" }
        if type == Int.self { return "an integer" }
        if type == Bool.self { return "true or false" }
        // For lists and objects the decoder names whatever generic type it was about to fill.
        let name = String(describing: type)
        if name.hasPrefix("Array") { return "a list" }
        if name.hasPrefix("Dictionary") { return "an object" }
        return "of another type"
    }

    /// `channels[3]` for the fourth element of `channels`.
    private static func path(_ keys: [any CodingKey]) -> String {
        keys.reduce(into: "") { path, key in
            if let index = key.intValue {
                path += "[\(index)]"
            } else {
                path += path.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
    }

    private static func lowercasedFirst(_ sentence: String) -> String {
        sentence.prefix(1).lowercased() + sentence.dropFirst()
    }
}

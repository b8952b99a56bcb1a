public enum HTTPMethod: Sendable, Equatable {
    case get, head, post, put, delete, options
    /// Anything else that is spelled as a method.
    case other(String)

    init(_ bytes: UnsafeRawBufferPointer) {
        self =
            if bytes.elementsEqual("GET".utf8) {
                .get
            } else if bytes.elementsEqual("POST".utf8) {
                .post
            } else {
                switch String(decoding: bytes, as: UTF8.self) {
                case "HEAD": .head
                case "PUT": .put
                case "DELETE": .delete
                case "OPTIONS": .options
                case let text: .other(text)
                }
            }
    }

    public var name: String {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .other(let text): text
        }
    }
}

/// How the body of a request is delimited.
public enum BodyLength: Sendable, Equatable {
    case none
    /// `Content-Length`, more than 0.
    case bytes(Int)
    case chunked
}

/// The request line and header fields of one request, checked.
public struct RequestHead: Sendable {
    public struct Field: Sendable {
        /// Lower case.
        public var name: String
        public var value: [UInt8]
    }

    public var method: HTTPMethod
    /// As it came.
    public var target: String
    /// Percent-decoded and normalised, without query.
    public var path: String
    /// As it came, without `?`; `nil` if there is no `?`.
    public var query: String?
    /// 0 or 1 of HTTP/1.x.
    public var minorVersion: Int
    public var body: BodyLength = .none
    /// Bytes of the whole head.
    public var length = 0
    var store = HeaderFields()

    /// In the order in which they came.
    public var fields: [Field] {
        (0..<store.count).map {
            Field(name: String(decoding: store.name(at: $0), as: UTF8.self), value: Array(store.value(at: $0)))
        }
    }

    /// The first field of this (lower-case) name.
    public func bytes(_ name: String) -> [UInt8]? {
        store.value(name).map(Array.init)
    }

    public func text(_ name: String) -> String? {
        store.value(name).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether the client wants the connection to live on.
    public var isKeepAlive: Bool {
        guard let value = store.value("connection") else { return minorVersion == 1 }
        return minorVersion == 0 ? value.containsASCII("keep-alive") : !value.containsASCII("close")
    }

    public var expectsContinue: Bool {
        minorVersion == 1 && text("expect")?.lowercased() == "100-continue"
    }

    /// `Host` or the host of an absolute target, lower case, without port.
    public var host: String {
        let host = (text("host") ?? "").lowercased()
        if host.hasPrefix("[") { return host.split(separator: "]").first.map { $0 + "]" } ?? "" }
        return host.split(separator: ":", omittingEmptySubsequences: false).first.map(String.init) ?? ""
    }

    /// The first query argument of this name, as it came. Names compare without case, as in Nginx.
    public func argument(_ name: String) -> String? {
        guard let query = query?.utf8 else { return nil }
        var start = query.startIndex
        while true {
            let end = query[start...].firstIndex(of: UInt8(ascii: "&")) ?? query.endIndex
            let pair = query[start..<end]
            if let equals = pair.firstIndex(of: UInt8(ascii: "=")), pair[..<equals].equalsASCII(name.utf8) {
                return String(Substring(pair[equals...].dropFirst()))
            }
            guard end < query.endIndex else { return nil }
            start = query.index(after: end)
        }
    }
}

/// Header fields in one piece of memory: a request has a handful, and is short-lived.
struct HeaderFields: Sendable {
    private struct Place: Sendable {
        var name: Range<Int32>
        var value: Range<Int32>
    }

    /// Names in lower case and values.
    private var bytes: [UInt8] = []
    private var places: [Place] = []

    var count: Int { places.count }

    func name(at index: Int) -> ArraySlice<UInt8> { slice(places[index].name) }

    func value(at index: Int) -> ArraySlice<UInt8> { slice(places[index].value) }

    /// The first field of this name.
    func value(_ name: String) -> ArraySlice<UInt8>? {
        let name = name.utf8
        let count = name.count
        for place in places where place.name.count == count && slice(place.name).elementsEqual(name) { return slice(place.value) }
        return nil
    }

    /// Appends a field; letters of its name become small ones.
    mutating func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        if places.isEmpty {
            places.reserveCapacity(8)
            bytes.reserveCapacity(256)
        }
        let start = bytes.count
        for byte in name { bytes.append(byte.asciiLowercased) }
        let middle = bytes.count
        bytes.append(contentsOf: value)
        places.append(Place(name: Int32(start)..<Int32(middle), value: Int32(middle)..<Int32(bytes.count)))
    }

    /// Puts the host of the request's target in the place of every `Host`.
    mutating func replaceHost(by host: String) {
        places = places.filter { !slice($0.name).elementsEqual("host".utf8) }
        var (name, host) = ("host", host)
        name.withUTF8 { name in
            host.withUTF8 { append(name: UnsafeRawBufferPointer(name), value: UnsafeRawBufferPointer($0)) }
        }
    }

    private func slice(_ range: Range<Int32>) -> ArraySlice<UInt8> {
        bytes[Int(range.lowerBound)..<Int(range.upperBound)]
    }
}

extension UInt8 {
    /// A capital letter of ASCII as a small one.
    var asciiLowercased: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }
}

extension Collection<UInt8> {
    /// Whether this is `text`, letters of ASCII compared without case.
    func equalsASCII(_ text: some Collection<UInt8>) -> Bool {
        count == text.count && zip(self, text).allSatisfy { $0.asciiLowercased == $1.asciiLowercased }
    }

    /// Whether `text` stands anywhere in this, letters of ASCII compared without case.
    func containsASCII(_ text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        let wanted = UnsafeBufferPointer(start: text.utf8Start, count: length)
        var rest = self[...]
        while rest.count >= length {
            if rest.prefix(length).equalsASCII(wanted) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}

/// A request that is refused before any location sees it: the status and, where Nginx has one, its own wording.
public enum HTTPFailure: Error, Sendable, Equatable {
    case badRequest
    case uriTooLong
    case headerTooLarge
    case bodyTooLarge
    case requestTimeout
    case notImplemented
    case versionNotSupported

    public var status: Int {
        switch self {
        case .badRequest, .headerTooLarge: 400
        case .uriTooLong: 414
        case .bodyTooLarge: 413
        case .requestTimeout: 408
        case .notImplemented: 501
        case .versionNotSupported: 505
        }
    }
}

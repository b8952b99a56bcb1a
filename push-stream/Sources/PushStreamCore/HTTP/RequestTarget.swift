/// Reads the target of a request line.
enum RequestTarget {
    /// - Returns: the path as Nginx's `$uri` has it (decoded, `.` and `..` resolved, doubled slashes merged) and the raw query.
    static func parse(_ target: UnsafeRawBufferPointer) throws(HTTPFailure) -> (path: String, query: String?, host: String?) {
        let mark = target.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
        if isPlain(target[..<mark]), !target[mark...].contains(UInt8(ascii: "#")) {
            let query = mark < target.endIndex ? String(decoding: target[(mark + 1)...], as: UTF8.self) : nil
            return (String(decoding: target[..<mark], as: UTF8.self), query, nil)
        }
        return try parse(Array(target)[...])
    }

    /// Whether a path stays as it is: it begins at the root, nothing in it is encoded, doubled, or relative.
    private static func isPlain(_ path: Slice<UnsafeRawBufferPointer>) -> Bool {
        guard path.first == UInt8(ascii: "/") else { return false }
        var previous: UInt8 = 0
        for byte in path {
            switch byte {
            case UInt8(ascii: "%"), UInt8(ascii: "#"): return false
            case UInt8(ascii: "/") where previous == UInt8(ascii: "/"): return false
            case UInt8(ascii: ".") where previous == UInt8(ascii: "/"): return false
            default: previous = byte
            }
        }
        return true
    }

    private static func parse(_ target: ArraySlice<UInt8>) throws(HTTPFailure) -> (path: String, query: String?, host: String?) {
        var rest = target
        var host: String?
        if rest.first != UInt8(ascii: "/") {
            (host, rest) = try absolute(rest)
        }
        if let hash = rest.firstIndex(of: UInt8(ascii: "#")) { rest = rest[..<hash] }
        var query: String?
        if let mark = rest.firstIndex(of: UInt8(ascii: "?")) {
            query = String(decoding: rest[(mark + 1)...], as: UTF8.self)
            rest = rest[..<mark]
        }
        return (try normalise(rest), query, host)
    }

    /// `http://host/path`, which clients send to proxies.
    private static func absolute(_ target: ArraySlice<UInt8>) throws(HTTPFailure) -> (String, ArraySlice<UInt8>) {
        for scheme in ["http://", "https://"] {
            guard target.count > scheme.utf8.count,
                zip(target, scheme.utf8).allSatisfy({ $0 == $1 || $0 | 0x20 == $1 })
            else { continue }
            let afterScheme = target.dropFirst(scheme.utf8.count)
            let end = afterScheme.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? afterScheme.endIndex
            if end == afterScheme.startIndex { throw .badRequest }
            let host = String(decoding: afterScheme[..<end], as: UTF8.self)
            let rest = afterScheme[end...]
            return (host, rest.first == UInt8(ascii: "/") ? rest : [UInt8(ascii: "/")] + rest)
        }
        throw .badRequest
    }

    private static func normalise(_ raw: ArraySlice<UInt8>) throws(HTTPFailure) -> String {
        var decoded: [UInt8] = []
        decoded.reserveCapacity(raw.count)
        var index = raw.startIndex
        while index < raw.endIndex {
            if raw[index] == UInt8(ascii: "%") {
                guard raw.endIndex - index >= 3, let high = PercentDecoding.hexValue(raw[index + 1]),
                    let low = PercentDecoding.hexValue(raw[index + 2]), high | low != 0
                else { throw .badRequest }
                decoded.append(high << 4 | low)
                index += 3
            } else {
                decoded.append(raw[index])
                index += 1
            }
        }
        guard UTF8Validator.isValid(decoded) else { throw .badRequest }
        var segments: [ArraySlice<UInt8>] = []
        let parts = decoded.split(separator: UInt8(ascii: "/"))
        var endsInDirectory = decoded.last == UInt8(ascii: "/")
        for (position, part) in parts.enumerated() {
            let isLast = position == parts.count - 1
            if part.elementsEqual(".".utf8) {
                if isLast { endsInDirectory = true }
            } else if part.elementsEqual("..".utf8) {
                if segments.popLast() == nil { throw .badRequest }
                if isLast { endsInDirectory = true }
            } else {
                segments.append(part)
            }
        }
        var path: [UInt8] = []
        for segment in segments {
            path.append(UInt8(ascii: "/"))
            path += segment
        }
        if endsInDirectory || path.isEmpty { path.append(UInt8(ascii: "/")) }
        return String(decoding: path, as: UTF8.self)
    }
}

extension ServiceRequest {
    /// Fields of a form at most.
    static let maximumFields = 5_000

    /// - Parameter form: `application/x-www-form-urlencoded` (WHATWG URL, section 5.1). Of a field that has one value the first counts.
    init(form: some Collection<UInt8>) throws(InvalidServiceRequest) {
        var count = 0
        for pair in form.split(separator: UInt8(ascii: "&")) {
            count += 1
            guard count <= Self.maximumFields else { throw .malformed("the form has more than \(Self.maximumFields) fields") }
            let name: String
            let value: String
            if let separator = pair.firstIndex(of: UInt8(ascii: "=")) {
                name = try Self.decode(pair[..<separator])
                value = try Self.decode(pair[pair.index(after: separator)...])
            } else {
                name = try Self.decode(pair)
                value = ""
            }
            if let text = Self.texts.first(where: { $0.form == name }) {
                if self[keyPath: text.path] == nil { self[keyPath: text.path] = value }
            } else if let list = Self.lists.first(where: { $0.form == name }) {
                self[keyPath: list.path].append(value)
            }
        }
    }

    private static func decode(_ bytes: some Collection<UInt8>) throws(InvalidServiceRequest) -> String {
        guard let text = PercentText.decode(bytes, plusIsSpace: true) else {
            throw .malformed("the form is not valid: it has a '%' without two hexadecimal digits, or is not UTF-8")
        }
        return text
    }
}

/// Percent-encoding (RFC 3986, section 2.1).
enum PercentText {
    /// - Returns: `nil` for a `%` without two hexadecimal digits, and for bytes that are not UTF-8.
    static func decode(_ text: some Collection<UInt8>, plusIsSpace: Bool = false) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var rest = text.makeIterator()
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "+") where plusIsSpace:
                bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.next().flatMap(Self.value), let low = rest.next().flatMap(Self.value) else { return nil }
                bytes.append(high << 4 | low)
            default:
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func value(ofDigit digit: UInt8) -> UInt8? {
        Character(Unicode.Scalar(digit)).isASCII ? Character(Unicode.Scalar(digit)).hexDigitValue.map(UInt8.init) : nil
    }
}

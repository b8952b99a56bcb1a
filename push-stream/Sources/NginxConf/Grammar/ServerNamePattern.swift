/// One argument of `server_name`.
public enum ServerNamePattern: Sendable {
    /// Lower case; empty for requests without `Host`.
    case exact(String)
    /// `*.example.com`, and with `includesBare` also `.example.com`: what the name ends with, its dot included.
    case suffix(String, includesBare: Bool)
    /// `www.*`: what the name begins with, its dot included.
    case prefix(String)
    /// `~expression`
    case expression(RegularExpression)

    public init(_ text: String, at location: SourceLocation) throws(ConfigurationError) {
        if text.hasPrefix("~") {
            guard let pattern = text.withoutPrefix("~") else {
                throw ConfigurationError("empty regex in server name \"\(text)\"", at: location)
            }
            // A pattern in lower case matches host names, which are lower case, whatever the client wrote.
            let hasUpperCase = pattern.utf8.contains { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
            self = .expression(try RegularExpression(pattern, caseInsensitive: hasUpperCase, for: location))
            return
        }
        let name = text.lowercased()
        if name.hasPrefix("*") {
            guard name.hasPrefix("*."), name.utf8.count > 2 else {
                throw ConfigurationError("server name \"\(text)\" is invalid", at: location)
            }
            self = .suffix(String(name.dropFirst()), includesBare: false)
        } else if name.hasPrefix(".") {
            guard name.utf8.count > 1 else { throw ConfigurationError("server name \"\(text)\" is invalid", at: location) }
            self = .suffix(name, includesBare: true)
        } else if name.hasSuffix(".*"), name.utf8.count > 2 {
            self = .prefix(String(name.dropLast()))
        } else {
            self = .exact(name)
        }
    }
}

/// Chooses a virtual server by name, in Nginx's order: exact, the longest `*.name`, the longest `name.*`, the first expression.
public struct ServerNameTable<Payload: Sendable>: Sendable {
    private var exact: [String: Payload] = [:]
    private var suffixes: [(text: String, payload: Payload)] = []
    private var prefixes: [(text: String, payload: Payload)] = []
    private var expressions: [(expression: RegularExpression, payload: Payload)] = []

    public init() {}

    /// - Returns: false, and changes nothing, if an equal name is there already.
    public mutating func insert(_ pattern: ServerNamePattern, _ payload: Payload) -> Bool {
        switch pattern {
        case .exact(let name):
            guard self.exact[name] == nil else { return false }
            self.exact[name] = payload
        case .suffix(let text, let includesBare):
            if includesBare, !self.insert(.exact(String(text.dropFirst())), payload) { return false }
            return Self.insert(text, payload, into: &self.suffixes)
        case .prefix(let text):
            return Self.insert(text, payload, into: &self.prefixes)
        case .expression(let expression):
            self.expressions.append((expression, payload))
        }
        return true
    }

    /// - Parameter host: lower case, without port and trailing dot.
    public func match(_ host: String) -> (payload: Payload, captures: RegularExpressionCaptures?)? {
        if let payload = self.exact[host] { return (payload, nil) }
        if let found = self.suffixes.first(where: { host.hasSuffix($0.text) && host.utf8.count > $0.text.utf8.count }) {
            return (found.payload, nil)
        }
        if let found = self.prefixes.first(where: { host.hasPrefix($0.text) && host.utf8.count > $0.text.utf8.count }) {
            return (found.payload, nil)
        }
        for (expression, payload) in self.expressions {
            if let captures = expression.firstMatch(in: host) { return (payload, captures) }
        }
        return nil
    }

    /// Keeps the longest first.
    private static func insert(_ text: String, _ payload: Payload, into list: inout [(text: String, payload: Payload)]) -> Bool {
        guard !list.contains(where: { $0.text == text }) else { return false }
        let index = list.firstIndex { $0.text.utf8.count < text.utf8.count } ?? list.endIndex
        list.insert((text, payload), at: index)
        return true
    }
}

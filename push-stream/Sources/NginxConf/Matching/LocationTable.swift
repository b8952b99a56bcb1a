/// How a `location` says which paths it takes.
public enum LocationPattern: Sendable, CustomStringConvertible {
    /// `location = /path`
    case exact(String)
    /// `location /path`, and `location ^~ /path`, after which regular expressions are not tried.
    case prefix(String, skipsExpressions: Bool)
    /// `location ~ expression` and `location ~* expression`.
    case expression(RegularExpression)

    public var description: String {
        switch self {
        case .exact(let path), .prefix(let path, _): path
        case .expression(let expression): expression.pattern
        }
    }
}

/// Chooses the location of a path in Nginx's order: an exact one; else the longest prefix is remembered, and unless it is a `^~`
/// one, the first regular expression that matches, in the order of the file, goes before it. Locations inside the chosen one
/// are tried the same way first.
///
/// What each request calls here is `@inlinable`: the payload's type is another module's, and generic code that is not made for
/// its type costs a request more than everything else that a table does.
public struct LocationTable<Payload: Sendable>: Sendable {
    public struct Match: Sendable {
        public var payload: Payload
        /// Of a location that is a regular expression.
        public var captures: RegularExpressionCaptures?

        @inlinable
        init(payload: Payload, captures: RegularExpressionCaptures? = nil) {
            self.payload = payload
            self.captures = captures
        }
    }

    @usableFromInline
    struct Entry: Sendable {
        @usableFromInline var payload: Payload
        @usableFromInline var nested: LocationTable<Payload>
    }

    @usableFromInline var exact: [String: Entry] = [:]
    /// Longest first.
    @usableFromInline var prefixes: [(path: String, skipsExpressions: Bool, entry: Entry)] = []
    @usableFromInline var expressions: [(expression: RegularExpression, entry: Entry)] = []

    public init() {}

    public var isEmpty: Bool { self.exact.isEmpty && self.prefixes.isEmpty && self.expressions.isEmpty }

    /// - Returns: false, and changes nothing, if an equal location is there already (only regular expressions may repeat).
    public mutating func insert(_ pattern: LocationPattern, _ payload: Payload, nested: LocationTable = .init()) -> Bool {
        let entry = Entry(payload: payload, nested: nested)
        switch pattern {
        case .exact(let path):
            guard self.exact[path] == nil else { return false }
            self.exact[path] = entry
        case .prefix(let path, let skipsExpressions):
            guard !self.prefixes.contains(where: { $0.path == path }) else { return false }
            let index = self.prefixes.firstIndex { $0.path.utf8.count < path.utf8.count } ?? self.prefixes.endIndex
            self.prefixes.insert((path, skipsExpressions, entry), at: index)
        case .expression(let expression):
            self.expressions.append((expression, entry))
        }
        return true
    }

    @inlinable
    public func match(_ path: String) -> Match? {
        self.find(path).match
    }

    /// Every payload, nested ones included.
    public var payloads: [Payload] {
        let entries = Array(self.exact.values) + self.prefixes.map(\.entry) + self.expressions.map(\.entry)
        return entries.flatMap { [$0.payload] + $0.nested.payloads }
    }

    /// `isFinal`: nothing outside may replace the match.
    @inlinable
    func find(_ path: String) -> (match: Match?, isFinal: Bool) {
        if !self.exact.isEmpty, let entry = self.exact[path] { return (Match(payload: entry.payload), true) }
        var match: Match?
        var triesExpressions = true
        if let prefix = self.prefixes.first(where: { path.utf8.starts(with: $0.path.utf8) }) {
            triesExpressions = !prefix.skipsExpressions
            let inner = prefix.entry.nested.find(path)
            if inner.isFinal { return inner }
            match = inner.match ?? Match(payload: prefix.entry.payload)
        }
        guard triesExpressions else { return (match, false) }
        for (expression, entry) in self.expressions {
            guard let captures = expression.firstMatch(in: path) else { continue }
            let inner = entry.nested.find(path).match
            return (Match(payload: inner?.payload ?? entry.payload, captures: inner?.captures ?? captures), true)
        }
        return (match, false)
    }
}

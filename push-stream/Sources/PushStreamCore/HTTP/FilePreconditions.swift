/// When a client's older copy counts as current (`if_modified_since`).
public enum ModifiedSinceRule: String, Sendable, CaseIterable {
    /// The field is ignored.
    case off
    /// Only the very time of the file.
    case exact
    /// The time of the file or any later one.
    case before
}

/// What the conditions of a request say about a file (RFC 9110, section 13), in Nginx's order.
public enum FilePrecondition: Sendable, Equatable {
    case send
    /// 304
    case notModified
    /// 412
    case failed

    /// - Parameters:
    ///   - modified: time of the file, in seconds since 1970.
    ///   - tag: its `ETag` with quotes; nil if it is told none.
    public init(_ head: RequestHead, modified: Int, tag: String?, rule: ModifiedSinceRule) {
        if let field = head.bytes("if-unmodified-since"), HTTPDate.parse(field).map({ $0 < modified }) ?? true {
            self = .failed
            return
        }
        if let field = head.text("if-match"), !Self.matches(field, tag, isWeak: false) {
            self = .failed
            return
        }
        let (since, other) = (head.bytes("if-modified-since"), head.text("if-none-match"))
        guard since != nil || other != nil else {
            self = .send
            return
        }
        if let since, Self.isModified(since, modified, rule) {
            self = .send
        } else if let other, !Self.matches(other, tag, isWeak: true) {
            self = .send
        } else {
            self = .notModified
        }
    }

    /// Whether `If-Range` lets a range be sent.
    public static func allowsRange(_ head: RequestHead, modified: Int, tag: String?) -> Bool {
        guard let field = head.text("if-range") else { return true }
        if field.utf8.count >= 2, field.hasSuffix("\"") { return field == tag }
        return HTTPDate.parse(field.utf8) == modified
    }

    private static func isModified(_ field: [UInt8], _ modified: Int, _ rule: ModifiedSinceRule) -> Bool {
        guard rule != .off, let time = HTTPDate.parse(field) else { return true }
        return rule == .exact ? time != modified : time < modified
    }

    private static func matches(_ field: String, _ tag: String?, isWeak: Bool) -> Bool {
        if field == "*" { return true }
        guard let tag else { return false }
        return field.split(separator: ",").contains { part in
            let text = part.drop { $0 == " " || $0 == "\t" }.split(whereSeparator: { $0 == " " || $0 == "\t" }).first ?? ""
            return text == tag || isWeak && text == "W/\(tag)"
        }
    }
}

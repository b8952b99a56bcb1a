import PushaasCurl

/// The form of a call to one of AWS's query services.
///
/// A list is written as `Name.member.1`, or `Name.1` for EC2; the caller gives the names as they go over the wire.
struct QueryForm: Sendable {
    private(set) var fields: [(name: String, value: String)] = []

    init(_ fields: [(String, String)] = []) {
        self.fields = fields.map { (name: $0.0, value: $0.1) }
    }

    mutating func set(_ name: String, _ value: String) {
        self.fields.append((name, value))
    }

    /// Tags as ELBv2 and IAM take them.
    mutating func set(tags: [(key: String, value: String)]) {
        for (index, tag) in tags.enumerated() {
            self.set("Tags.member.\(index + 1).Key", tag.key)
            self.set("Tags.member.\(index + 1).Value", tag.value)
        }
    }

    /// `application/x-www-form-urlencoded`, with every byte but letters, digits and `-._~` escaped.
    var body: String {
        self.fields.map { "\(PercentEncoding.escape($0.name))=\(PercentEncoding.escape($0.value))" }.joined(separator: "&")
    }
}

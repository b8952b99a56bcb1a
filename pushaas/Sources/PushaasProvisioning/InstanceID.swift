/// The id of one instance, from its creation to its end: twelve lower-case letters and digits, a letter first.
///
/// A name can be used again after a destroy; an id never is. What belongs to a destroyed instance cannot be taken for its successor's.
public struct InstanceID: Sendable, Hashable, Codable, CustomStringConvertible, RawRepresentable {
    public static let length = 12
    private static let letters = Array("abcdefghijklmnopqrstuvwxyz")
    private static let symbols = letters + Array("0123456789")

    public let rawValue: String

    /// - Returns: `nil` unless the text is one that ``random()`` can make.
    public init?(rawValue: String) {
        guard rawValue.count == Self.length, let first = rawValue.first, Self.letters.contains(first),
            rawValue.allSatisfy(Self.symbols.contains)
        else { return nil }
        self.rawValue = rawValue
    }

    private init(unchecked rawValue: String) {
        self.rawValue = rawValue
    }

    /// One of about 3.4e18, from the system's secure source of randomness.
    public static func random() -> InstanceID {
        var generator = SystemRandomNumberGenerator()
        var text = String(self.letters.randomElement(using: &generator)!)
        for _ in 1..<self.length { text.append(self.symbols.randomElement(using: &generator)!) }
        return InstanceID(unchecked: text)
    }

    public var description: String { self.rawValue }
}

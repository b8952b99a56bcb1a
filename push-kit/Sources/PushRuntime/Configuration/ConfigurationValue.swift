import FoundationEssentials

/// A parsed value; what `ConfigurationValues` hands out.
enum ConfigurationValue: Sendable, Equatable {
    case string(String)
    case bool(Bool)
    case int(Int)
    case duration(Duration)
    case bytes(Int)
    case url(URL)
}

extension ConfigurationKey.ValueType {
    /// Nil when the text is not of this type or out of its range.
    func parse(_ text: String) -> ConfigurationValue? {
        switch self {
        case .string: return .string(text)
        case .choice(let words): return words.contains(text) ? .string(text) : nil
        case .bool:
            switch text.lowercased() {
            case "true", "yes", "on", "1": return .bool(true)
            case "false", "no", "off", "0": return .bool(false)
            default: return nil
            }
        case .int(let range):
            guard let value = Int(text), range.contains(value) else { return nil }
            return .int(value)
        case .duration(let range):
            guard let value = DurationText.parse(text), range.contains(value) else { return nil }
            return .duration(value)
        case .bytes(let range):
            guard let value = Self.parseSize(text), range.contains(value) else { return nil }
            return .bytes(value)
        case .url(let schemes):
            guard !text.contains(where: \.isWhitespace), let url = URL(string: text),
                let scheme = url.scheme?.lowercased(), schemes.contains(scheme), let host = url.host(), !host.isEmpty
            else { return nil }
            return .url(url)
        }
    }

    private static func parseSize(_ text: String) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let value = Int(digits) else { return nil }
        let factor: Int
        switch text.dropFirst(digits.count).uppercased() {
        case "", "B": factor = 1
        case "K", "KB", "KIB": factor = 1 << 10
        case "M", "MB", "MIB": factor = 1 << 20
        case "G", "GB", "GIB": factor = 1 << 30
        default: return nil
        }
        let (product, overflow) = value.multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }
}

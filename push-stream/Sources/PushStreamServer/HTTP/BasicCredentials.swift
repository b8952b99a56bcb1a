import FoundationEssentials

/// `Authorization: Basic` (RFC 7617).
enum BasicCredentials {
    /// The user's name; nothing has checked it.
    static func user(_ field: String) -> String? {
        let parts = field.split(separator: " ")
        guard parts.count == 2, parts[0].lowercased() == "basic", let data = Data(base64Encoded: String(parts[1])),
            let colon = data.firstIndex(of: UInt8(ascii: ":"))
        else { return nil }
        return String(decoding: data[..<colon], as: UTF8.self)
    }
}

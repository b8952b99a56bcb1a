import CPCRE2

extension RegularExpression {
    /// The version of PCRE2 that this process runs with, as the library tells it: `10.42 2022-12-11`.
    public static var libraryVersion: String {
        let size = Int(pcre2_config_8(UInt32(PCRE2_CONFIG_VERSION), nil))
        guard size > 0 else { return "unknown" }
        var text = [UInt8](repeating: 0, count: size)
        pcre2_config_8(UInt32(PCRE2_CONFIG_VERSION), &text)
        return String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
    }
}

internal import CNIOBoringSSL

/// Why a server's certificates or TLS settings cannot be used, in Nginx's words.
public struct TLSError: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }

    /// `CALL failed (SSL: REASON)` with BoringSSL's last reason.
    static func failed(_ call: String) -> TLSError { TLSError("\(call) failed (SSL: \(lastReason()))") }

    /// BoringSSL's most recent reason on this thread; it is forgotten afterwards.
    static func lastReason() -> String {
        let code = ERR_peek_last_error()
        ERR_clear_error()
        guard code != 0 else { return "connection closed" }
        var text = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(code, &text, text.count)
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

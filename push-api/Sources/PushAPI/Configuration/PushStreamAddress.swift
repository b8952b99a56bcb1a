import FoundationEssentials

/// Where browsers find push-stream: the answer of `GET /api/v1/config`.
struct PushStreamAddress: Sendable, Equatable, Encodable {
    /// As configured, without a slash at its end.
    let url: String
    let hostname: String
    /// Always there: the scheme's own port if the URL names none.
    let port: Int

    /// - Returns: `nil` unless the URL is `http` or `https`, names a host, and has no user, query or fragment.
    init?(url: URL) {
        guard let parts = URLComponents(url: url, resolvingAgainstBaseURL: false), let host = parts.host, !host.isEmpty,
            let scheme = parts.scheme?.lowercased(), ["http", "https"].contains(scheme),
            parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil
        else { return nil }
        let port = parts.port ?? (scheme == "https" ? 443 : 80)
        guard (1...65535).contains(port) else { return nil }
        var text = url.absoluteString
        while text.hasSuffix("/") { text.removeLast() }
        self.url = text
        self.hostname = host
        self.port = port
    }
}

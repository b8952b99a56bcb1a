/// Where push-stream's publisher listens: `http://HOST[:PORT]` or `unix:/PATH`.
public enum PushStreamAddress: Equatable, Sendable, CustomStringConvertible {
    case tcp(host: String, port: Int)
    case unixDomainSocket(path: String)

    /// - Returns: `nil` for any other form.
    public init?(_ text: String) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst("unix:".count))
            guard path.hasPrefix("/"), !path.contains("\0") else { return nil }
            self = .unixDomainSocket(path: path)
            return
        }
        guard text.lowercased().hasPrefix("http://") else { return nil }
        var authority = text.dropFirst("http://".count)
        if authority.hasSuffix("/") { authority = authority.dropLast() }
        var host: Substring
        var portText: Substring?
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let rest = authority[authority.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            portText = rest.isEmpty ? nil : rest.dropFirst()
        } else {
            let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count <= 2 else { return nil }
            host = parts[0]
            portText = parts.count == 2 ? parts[1] : nil
        }
        let allowed = host.unicodeScalars.allSatisfy {
            $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil || "-._:%".unicodeScalars.contains($0))
        }
        guard !host.isEmpty, allowed else { return nil }
        var port = 80
        if let portText {
            guard let number = Int(portText), (1...65_535).contains(number) else { return nil }
            port = number
        }
        self = .tcp(host: String(host), port: port)
    }

    /// The value of the `Host` header field.
    var hostHeader: String {
        switch self {
        case .tcp(let host, let port): return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unixDomainSocket: return "localhost"
        }
    }

    public var description: String {
        switch self {
        case .tcp: return "http://\(self.hostHeader)"
        case .unixDomainSocket(let path): return "unix:\(path)"
        }
    }
}

/// Finds out which address a request comes from when proxies pass it on.
///
/// `X-Forwarded-For` is written by anyone who likes, so only what trusted proxies have added counts: from the right, the first address
/// that is none of theirs.
public struct TrustedProxies: Sendable {
    private let networks: [IPNetwork]

    public init(_ networks: [IPNetwork] = []) {
        self.networks = networks
    }

    /// - Parameter list: Networks and addresses separated by commas; empty for none.
    /// - Throws: ``InvalidProxyList`` with the entry at fault.
    public init(list: String) throws(InvalidProxyList) {
        var networks: [IPNetwork] = []
        for entry in list.split(separator: ",") {
            let text = entry.filter { !$0.isWhitespace }
            guard let network = IPNetwork(text) else { throw InvalidProxyList(entry: text) }
            networks.append(network)
        }
        self.init(networks)
    }

    /// - Parameters:
    ///   - peer: The other end of the connection; `nil` on a Unix socket, whose peer is never trusted.
    ///   - forwardedFor: The values of `X-Forwarded-For`, in the order of the header's lines. Asked for only when it counts.
    /// - Returns: The client's address, as far as it can be believed.
    public func client(peer: IPAddress?, forwardedFor: @autoclosure () -> [String]) -> IPAddress? {
        guard var client = peer, isTrusted(client) else { return peer }
        for entry in forwardedFor().joined(separator: ",").split(separator: ",").reversed() {
            // Left of what no proxy could have written nothing can be believed.
            guard let address = Self.address(entry) else { break }
            client = address
            if !isTrusted(address) { break }
        }
        return client
    }

    private func isTrusted(_ address: IPAddress) -> Bool { networks.contains { $0.contains(address) } }

    /// Some proxies add the port: `192.0.2.1:4711`, `[2001:db8::1]:4711`.
    private static func address(_ entry: Substring) -> IPAddress? {
        let text = entry.filter { !$0.isWhitespace }
        if text.hasPrefix("[") {
            return IPAddress(text.dropFirst().prefix { $0 != "]" })
        }
        if text.contains("."), let colon = text.lastIndex(of: ":"), text.firstIndex(of: ":") == colon {
            return IPAddress(text[..<colon])
        }
        return IPAddress(text)
    }
}

/// An entry of a list of proxies that is neither an address nor a network.
public struct InvalidProxyList: Error, Equatable {
    public let entry: String
}

/// The arguments of `limit_conn_zone`.
public struct ConnectionZoneDirective: Sendable, Hashable {
    /// What is counted by: text with variables.
    public let key: String
    public let name: String
    /// Bytes that the counted keys may take.
    public let size: Int

    /// Nginx's least: eight pages.
    static let leastSize = 8 * 4096

    public init(_ directive: Directive) throws(ConfigurationError) {
        var zone: (name: String, size: Int)?
        for argument in directive.arguments.dropFirst() {
            guard let text = argument.withoutPrefix("zone=") else { throw directive.error("invalid parameter \"\(argument)\"") }
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, let size = Units.size(parts[1]) else {
                throw directive.error("invalid zone size \"\(argument)\"")
            }
            // Nginx takes a zone without a name for none.
            if parts[0].isEmpty { continue }
            guard size >= Self.leastSize else { throw directive.error("zone \"\(argument)\" is too small") }
            zone = (parts[0], size)
        }
        guard let zone else { throw directive.error("\"limit_conn_zone\" must have \"zone\" parameter") }
        self.key = directive.text
        (self.name, self.size) = zone
    }
}

/// The arguments of `limit_conn`.
public struct ConnectionLimitDirective: Sendable, Hashable {
    public let zone: String
    public let limit: Int

    public init(_ directive: Directive) throws(ConfigurationError) {
        let text = directive.arguments[1]
        guard let limit = Units.number(text), limit > 0 else {
            throw directive.error("invalid number of connections \"\(text)\"")
        }
        guard limit <= 65535 else { throw directive.error("connection limit must be less 65536") }
        self.zone = directive.text
        self.limit = limit
    }
}

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Where a client connects from.
public enum ClientAddress: Sendable, Hashable {
    case ipv4(UInt32)
    case ipv6(UInt128)
    case unix

    /// An address without port: `192.0.2.1`, `2001:db8::1` (no brackets, no zone), or `unix:`. An IPv4-mapped IPv6 address
    /// becomes an IPv4 address, because an IPv6 socket reports IPv4 clients that way.
    public init?(_ text: String) {
        if text == "unix:" {
            self = .unix
            return
        }
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self = .ipv4(UInt32(bigEndian: four.s_addr))
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        let value = withUnsafeBytes(of: &six) { bytes in bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) } }
        self = value >> 32 == 0xffff ? .ipv4(UInt32(truncatingIfNeeded: value)) : .ipv6(value)
    }
}

/// What `allow` and `deny` name: an address, a CIDR range, `all`, or `unix:`.
public enum NetworkRange: Sendable, Hashable {
    case all
    case unix
    case ipv4(network: UInt32, mask: UInt32)
    case ipv6(network: UInt128, mask: UInt128)

    /// Bits right of the prefix are cleared, as Nginx does (with a warning, see `hasMeaninglessBits`).
    public init?(_ text: String) {
        if text == "all" {
            self = .all
            return
        }
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        var prefix: Int?
        if parts.count == 2 {
            guard !parts[1].isEmpty, parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let bits = Int(parts[1]) else {
                return nil
            }
            prefix = bits
        }
        switch parts.first.flatMap({ ClientAddress(String($0)) }) {
        case .ipv4(let address):
            guard let mask: UInt32 = Self.mask(prefix, of: 32) else { return nil }
            self = .ipv4(network: address & mask, mask: mask)
        case .ipv6(let address):
            guard let mask: UInt128 = Self.mask(prefix, of: 128) else { return nil }
            self = .ipv6(network: address & mask, mask: mask)
        case .unix where prefix == nil:
            self = .unix
        default:
            return nil
        }
    }

    /// Whether `text` names an address with bits right of its prefix (`10.0.0.1/8`), which have no effect.
    public static func hasMeaninglessBits(_ text: String) -> Bool {
        guard let address = text.split(separator: "/").first.flatMap({ ClientAddress(String($0)) }) else { return false }
        switch (NetworkRange(text), address) {
        case (.ipv4(let network, _), .ipv4(let value)): return network != value
        case (.ipv6(let network, _), .ipv6(let value)): return network != value
        default: return false
        }
    }

    public func contains(_ address: ClientAddress) -> Bool {
        switch (self, address) {
        case (.all, _), (.unix, .unix): true
        case (.ipv4(let network, let mask), .ipv4(let value)): value & mask == network
        case (.ipv6(let network, let mask), .ipv6(let value)): value & mask == network
        default: false
        }
    }

    private static func mask<Value: FixedWidthInteger>(_ prefix: Int?, of width: Int) -> Value? {
        let bits = prefix ?? width
        guard (0...width).contains(bits) else { return nil }
        return bits == 0 ? 0 : Value.max << Value(width - bits)
    }
}

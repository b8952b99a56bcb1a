import NIOCore

/// An IP address without port and zone. IPv4 addresses are kept as IPv4-mapped IPv6 (`::ffff:a.b.c.d`), so that a client is the
/// same one on a socket of either family.
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// The first eight bytes, most significant first.
    let high: UInt64
    let low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    private init(v4 address: UInt32) {
        self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(address))
    }

    /// - Returns: `nil` for the address of a Unix socket.
    public init?(_ address: SocketAddress) {
        // Both structures begin with family and port in four bytes, `sockaddr_in6` has four more before the address.
        let bytes: IPAddress? = address.withSockAddr { pointer, length in
            let bytes = UnsafeRawBufferPointer(start: pointer, count: length)
            switch address {
            case .v4:
                return Self(v4: UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
            case .v6:
                return Self(
                    high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                    low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)))
            case .unixDomainSocket:
                return nil
            }
        }
        guard let bytes else { return nil }
        self = bytes
    }

    /// - Parameter text: `192.0.2.1` or `2001:db8::1`, without port, brackets and zone.
    public init?(_ text: some StringProtocol) {
        guard !text.contains("%"), let address = try? SocketAddress(ipAddress: String(text), port: 0) else { return nil }
        self.init(address)
    }

    /// `192.0.2.1` or `2001:db8::1`.
    public var description: String {
        var bytes = ByteBuffer()
        if isIPv4 {
            bytes.writeInteger(UInt32(truncatingIfNeeded: low))
        } else {
            bytes.writeInteger(high)
            bytes.writeInteger(low)
        }
        return (try? SocketAddress(packedIPAddress: bytes, port: 0).ipAddress) ?? ""
    }

    public var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// What one client can be expected to have to itself: an IPv4 address, or the /64 of an IPv6 address, within which a client
    /// chooses addresses as it likes.
    public var clientNetwork: IPAddress { isIPv4 ? self : IPAddress(high: high, low: 0) }
}

/// A range of addresses in CIDR notation.
public struct IPNetwork: Hashable, Sendable {
    private let address: IPAddress
    private let mask: IPAddress

    /// - Parameter text: `10.0.0.0/8`, `fd00::/8`, or an address alone. Bits behind the prefix are ignored.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = IPAddress(parts[0]) else { return nil }
        let width = address.isIPv4 && !parts[0].contains(":") ? 32 : 128
        var length = width
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let given = Int(parts[1]),
                given <= width
            else { return nil }
            length = given
        }
        length += 128 - width
        mask = IPAddress(high: Self.ones(min(length, 64)), low: Self.ones(max(length - 64, 0)))
        self.address = IPAddress(high: address.high & mask.high, low: address.low & mask.low)
    }

    public func contains(_ other: IPAddress) -> Bool {
        other.high & mask.high == address.high && other.low & mask.low == address.low
    }

    /// The most significant `count` bits, 0 to 64.
    private static func ones(_ count: Int) -> UInt64 { count == 0 ? 0 : UInt64.max << UInt64(64 - count) }
}

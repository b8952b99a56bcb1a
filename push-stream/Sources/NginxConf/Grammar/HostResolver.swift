#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Turns the host of `listen` into numeric addresses.
public enum HostResolver {
    /// Whether names are looked up; without it every name is unknown. For tests and fuzzing, which must not depend on a network.
    @TaskLocal public static var asksSystem = true

    static func isIPv6(_ text: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET6, text, &address) == 1
    }

    /// Empty if the name is unknown. Asks the system's resolver unless `host` is numeric.
    static func addresses(of host: String) -> [String] {
        var address = in_addr()
        return inet_pton(AF_INET, host, &address) == 1 ? [host] : asksSystem ? askSystem(host) : []
    }

    private static func askSystem(_ host: String) -> [String] {
        var hints = addrinfo()
        #if canImport(Glibc)
            hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
            hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var result: [String] = []
        var next = list
        while let entry = next {
            next = entry.pointee.ai_next
            var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let length = socklen_t(name.count)
            guard getnameinfo(entry.pointee.ai_addr, entry.pointee.ai_addrlen, &name, length, nil, 0, NI_NUMERICHOST) == 0 else {
                continue
            }
            let text = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            if !result.contains(text) { result.append(text) }
        }
        return result
    }
}

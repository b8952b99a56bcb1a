import FoundationEssentials
import Glibc
import NginxConf
import PushStreamCore

extension ConfigurationBuilder {
    mutating func server(
        _ scope: Scope,
        store: StoreSettings,
        _ listeners: inout ListenerCheck
    ) throws(ConfigurationError) -> ServerSettings {
        var listens: [ListenAddress] = []
        for directive in scope.block.all("listen") {
            for address in try Self.addresses(directive) {
                try listeners.add(address, in: &listens, directive)
            }
        }
        if listens.isEmpty {
            // As Nginx: the port that this user may bind.
            let port = geteuid() == 0 ? 80 : 8000
            listens = [ListenAddress(kind: .ip(host: "0.0.0.0", port: port), isDefault: false, backlog: 511, reusePort: false)]
        }
        var names: [String] = []
        var patterns: [ServerNamePattern] = []
        for directive in scope.block.all("server_name") {
            for name in directive.arguments {
                names.append(name == "$hostname" ? ProcessInfo.processInfo.hostName.lowercased() : name)
                patterns.append(try ServerNamePattern(names[names.count - 1], at: directive.location))
            }
        }
        let buffers = scope.nearest("large_client_header_buffers")
        return ServerSettings(
            listens: listens,
            names: names,
            namePatterns: patterns,
            locations: try self.locations(scope, store: store, outer: nil),
            rewrite: try self.rewrite(scope, store: store, handler: nil),
            fallback: Location(try self.location(scope, store: store, handler: LocationHandler.none)),
            headerTimeout: scope.number("client_header_timeout") ?? 60_000,
            headerBufferSize: scope.number("client_header_buffer_size") ?? 1024,
            largeHeaderBuffers: (
                count: buffers.flatMap { Units.number($0.arguments[0]) } ?? 4,
                size: buffers.flatMap { Units.size($0.arguments[1]) } ?? 8192
            ),
            tls: try self.tls(scope)
        )
    }

    private static func addresses(_ directive: Directive) throws(ConfigurationError) -> [ListenAddress] {
        let listen = try ListenDirective(directive)
        return listen.addresses.map { address in
            let kind: ListenAddress.Kind =
                switch address {
                case .ip(let host, let port): .ip(host: host, port: port)
                case .unix(let path): .unix(path: path)
                }
            return ListenAddress(
                kind: kind, isDefault: listen.isDefault, backlog: listen.backlog ?? 511, reusePort: listen.reusePort,
                ipv6Only: listen.ipv6Only, isTLS: listen.isTLS)
        }
    }

    /// The locations of a server, or those inside a location.
    func locations(
        _ scope: Scope,
        store: StoreSettings,
        outer: LocationPattern?
    ) throws(ConfigurationError) -> LocationTable<Location> {
        var table = LocationTable<Location>()
        for directive in scope.block.all("location") {
            guard let block = directive.block else { continue }
            let pattern = try LocationPattern(directive)
            if let outer { try Self.check(pattern, isInside: outer, directive) }
            let inner = Scope(block, in: scope)
            let handler = try self.handler(inner, store: store)
            var settings = try self.location(inner, store: store, handler: handler, pattern: pattern)
            settings.rewrite = try self.rewrite(inner, store: store, handler: handler, pattern: pattern)
            let nested = try self.locations(inner, store: store, outer: pattern)
            guard table.insert(pattern, Location(settings), nested: nested) else {
                throw directive.error("duplicate location \"\(pattern)\"")
            }
        }
        return table
    }

    private static func check(
        _ pattern: LocationPattern,
        isInside outer: LocationPattern,
        _ directive: Directive
    ) throws(ConfigurationError) {
        if case .exact = outer {
            throw directive.error("location \"\(pattern)\" cannot be inside the exact location \"\(outer)\"")
        }
        if case .expression = pattern { return }
        guard pattern.description.hasPrefix(outer.description) else {
            throw directive.error("location \"\(pattern)\" is outside location \"\(outer)\"")
        }
    }
}

/// What must hold between the `listen` and `server_name` directives of different servers.
struct ListenerCheck {
    private var defaults: Set<ListenAddress.Kind> = []
    private var shared: [ListenAddress.Kind: (backlog: Int, reusePort: Bool)] = [:]

    mutating func add(
        _ address: ListenAddress,
        in listens: inout [ListenAddress],
        _ directive: Directive
    ) throws(ConfigurationError) {
        let label = Self.label(address.kind)
        // A free port is another one each time.
        if case .ip(_, port: 0) = address.kind {
        } else {
            guard !listens.contains(where: { $0.kind == address.kind }) else {
                throw directive.error("a duplicate listen \(label)")
            }
        }
        if address.isDefault, !self.defaults.insert(address.kind).inserted {
            throw directive.error("a duplicate default server for \(label)")
        }
        let hasOptions = address.backlog != 511 || address.reusePort
        if hasOptions {
            guard self.shared.updateValue((address.backlog, address.reusePort), forKey: address.kind) == nil else {
                throw directive.error("duplicate listen options for \(label)")
            }
        }
        listens.append(address)
    }

    /// Names that two servers on one address share: the first one has it.
    func conflicts(_ servers: [ServerSettings]) -> [Diagnostic] {
        var seen: [ListenAddress.Kind: Set<String>] = [:]
        var result: [Diagnostic] = []
        for server in servers {
            for listen in server.listens {
                for name in Set(server.names.isEmpty ? [""] : server.names.map { $0.lowercased() }).sorted() {
                    if case .ip(_, port: 0) = listen.kind { continue }
                    if !seen[listen.kind, default: []].insert(name).inserted {
                        let message = "conflicting server name \"\(name)\" on \(Self.label(listen.kind)), ignored"
                        result.append(Diagnostic(.warn, message, at: nil))
                    }
                }
            }
        }
        return result
    }

    private static func label(_ kind: ListenAddress.Kind) -> String {
        switch kind {
        case .ip(let host, let port): ListenDirective.Address.ip(host: host, port: port).description
        case .unix(let path): "unix:\(path)"
        }
    }
}

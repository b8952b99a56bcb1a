import NginxConf

extension ConfigurationBuilder {
    /// A session of Nginx's `shared` cache takes about this many bytes.
    private static let bytesPerSession = 256

    /// The `ssl_*` directives that hold for a server.
    ///
    /// - Returns: nil for a server that has neither certificates nor `ssl_reject_handshake`.
    func tls(_ scope: Scope) throws(ConfigurationError) -> TLSSettings? {
        let certificates = scope.nearestAll("ssl_certificate").map { self.besideConfiguration($0.text) }
        let keys = scope.nearestAll("ssl_certificate_key").map { self.besideConfiguration($0.text) }
        let rejects = scope.flag("ssl_reject_handshake") ?? false
        if certificates.isEmpty, !rejects { return nil }
        guard certificates.count <= keys.count else {
            let text = scope.nearestAll("ssl_certificate").last?.text ?? ""
            throw ConfigurationError("no \"ssl_certificate_key\" is defined for certificate \"\(text)\"", at: nil)
        }
        var settings = TLSSettings(certificates: zip(certificates, keys).map { .init(certificate: $0, key: $1) })
        settings.rejectsHandshake = rejects
        if let protocols = scope.nearest("ssl_protocols")?.arguments {
            settings.offersTLS12 = protocols.contains("TLSv1.2")
            settings.offersTLS13 = protocols.contains("TLSv1.3")
        }
        if let ciphers = scope.text("ssl_ciphers") { settings.ciphers = ciphers }
        settings.prefersServerCiphers = scope.flag("ssl_prefer_server_ciphers") ?? false
        settings.curves = scope.text("ssl_ecdh_curve").flatMap { $0 == "auto" ? nil : $0 }
        settings.cachedSessions = try scope.nearest("ssl_session_cache").flatMap { directive throws(ConfigurationError) in
            try Self.cachedSessions(directive)
        }
        settings.sessionTimeout = (scope.number("ssl_session_timeout") ?? 300_000) / 1000
        settings.sessionTickets = scope.flag("ssl_session_tickets") ?? true
        settings.passwordFile = scope.text("ssl_password_file").map { self.besideConfiguration($0) }
        return settings
    }

    private static func cachedSessions(_ directive: Directive) throws(ConfigurationError) -> Int? {
        try TLSSessionCache(directive).kinds.compactMap { kind -> Int? in
            switch kind {
            case .off, .none: nil
            case .builtIn(let sessions): sessions
            case .shared(let bytes): bytes / Self.bytesPerSession
            }
        }.max()
    }

    /// Relative paths of certificates start from the folder of nginx.conf.
    private func besideConfiguration(_ path: String) -> String {
        path.hasPrefix("/") ? path : self.parsed.folder + path
    }

    /// Notes what asks for more than is offered.
    mutating func noteProtocols(_ block: Block) {
        for directive in block.directives {
            switch directive.name {
            case "ssl_protocols":
                for version in directive.arguments where !["TLSv1.2", "TLSv1.3"].contains(version) {
                    self.diagnostics.append(
                        Diagnostic(.notice, "\"\(version)\" is not offered: it is not secure any more", at: directive.location))
                }
            case "listen":
                if directive.arguments.contains("http2") {
                    self.diagnostics.append(
                        Diagnostic(.notice, "\"http2\" has no effect: push-stream speaks HTTP/1", at: directive.location))
                }
            default: break
            }
            if let inner = directive.block, block.context != .server { self.noteProtocols(inner) }
        }
    }

    /// Each TLS address needs a certificate for whoever names no server.
    ///
    /// - Parameter locations: where the servers stand.
    static func checkCertificates(_ servers: [ServerSettings], _ locations: [SourceLocation]) throws(ConfigurationError) {
        var groups: [ListenAddress.Kind: (isTLS: Bool, defaultIndex: Int, members: [Int])] = [:]
        var order: [ListenAddress.Kind] = []
        for (index, server) in servers.enumerated() {
            for listen in server.listens {
                if groups[listen.kind] == nil { order.append(listen.kind) }
                var group = groups[listen.kind] ?? (false, index, [])
                group.isTLS = group.isTLS || listen.isTLS
                if listen.isDefault { group.defaultIndex = index }
                group.members.append(index)
                groups[listen.kind] = group
            }
        }
        for group in order.compactMap({ groups[$0] }) where group.isTLS {
            let standard = servers[group.defaultIndex].tls
            if standard?.certificates.isEmpty == false { continue }
            let needy = standard == nil ? group.defaultIndex : group.members.first { servers[$0].tls == nil }
            if let needy {
                throw ConfigurationError(
                    "no \"ssl_certificate\" is defined for the \"listen ... ssl\" directive", at: locations[needy])
            }
        }
    }
}

extension DirectiveTable {
    private static let levels: DirectiveContexts = [.http, .server]

    /// Encryption of `listen ... ssl`.
    static let tls: [DirectiveSpecification] = [
        .init(
            "ssl_certificate", in: levels, repeats: true, inheritance: .nearestList,
            summary: "PEM file of the certificate and those that lead to its root; several for clients that verify RSA or ECDSA.",
            check: file),
        .init(
            "ssl_certificate_key", in: levels, repeats: true, inheritance: .nearestList,
            summary: "PEM file of the certificate's private key.", check: file),
        .init(
            "ssl_password_file", in: levels, inheritance: .nearest, summary: "Passwords of private keys, one on each line."),
        .init(
            "ssl_protocols", in: levels, 1...Int.max, inheritance: .nearest, defaultValue: "TLSv1.2 TLSv1.3",
            summary: "Versions of TLS; older ones are accepted with a notice and not offered."
        ) { directive throws(ConfigurationError) in
            for version in directive.arguments {
                guard ["SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"].contains(version) else {
                    throw directive.error("invalid value \"\(version)\"")
                }
            }
            guard directive.arguments.contains(where: { ["TLSv1.2", "TLSv1.3"].contains($0) }) else {
                throw directive.error("\"ssl_protocols\" must have TLSv1.2 or TLSv1.3: older ones are not offered")
            }
        },
        .init(
            "ssl_ciphers", in: levels, inheritance: .nearest, defaultValue: "HIGH:!aNULL:!MD5",
            summary: "Cipher suites of TLS 1.2 in OpenSSL's notation, as far as BoringSSL has them."),
        .init(
            "ssl_prefer_server_ciphers", in: levels, 1...1, .flag, inheritance: .nearest, defaultValue: "off",
            summary: "Whether the order of `ssl_ciphers` counts and not the client's."),
        .init(
            "ssl_ecdh_curve", in: levels, inheritance: .nearest, defaultValue: "auto",
            summary: "Groups of the key exchange with colons between them."),
        .init(
            "ssl_session_cache", in: levels, 1...2, inheritance: .nearest, defaultValue: "none",
            summary: "Sessions kept for clients that come back: `off`, `none`, `builtin:SESSIONS` or `shared:NAME:SIZE`."
        ) { directive throws(ConfigurationError) in
            _ = try TLSSessionCache(directive)
        },
        .init(
            "ssl_session_timeout", in: levels, 1...1, .seconds, inheritance: .nearest, defaultValue: "5m",
            summary: "Time in which a session may be taken up again."),
        .init(
            "ssl_session_tickets", in: levels, 1...1, .flag, inheritance: .nearest, defaultValue: "on",
            summary: "Whether clients keep their sessions themselves."),
        .init(
            "ssl_reject_handshake", in: levels, 1...1, .flag, inheritance: .nearest, defaultValue: "off",
            summary: "Refuses clients that ask for this server."),
    ]

    /// Names of files only: certificates are read at the start.
    private static let file: @Sendable (Directive) throws(ConfigurationError) -> Void = { directive throws(ConfigurationError) in
        for prefix in ["data:", "engine:", "store:"] where directive.text.hasPrefix(prefix) {
            throw directive.error("\"\(prefix)\" in \"\(directive.name)\" is not supported: push-stream reads files")
        }
        if ComplexValue.hasVariables(directive.text) {
            throw directive.error(
                "variables in \"\(directive.name)\" are not supported: push-stream reads certificates at its start")
        }
    }
}

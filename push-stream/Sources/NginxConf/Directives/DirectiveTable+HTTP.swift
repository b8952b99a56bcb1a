extension DirectiveTable {
    private static let levels = DirectiveContexts.httpLevels

    /// Servers, locations, limits and times of HTTP.
    static let http: [DirectiveSpecification] = [
        .init("server", in: .http, 0...0, block: .server, repeats: true, summary: "A virtual server."),
        .init(
            "listen", in: .server, 1...Int.max, repeats: true, defaultValue: "*:80",
            summary: "Address, port or `unix:` path, and options."
        ) { directive throws(ConfigurationError) in
            _ = try ListenDirective(directive)
        },
        .init(
            "server_name", in: .server, 1...Int.max, repeats: true, defaultValue: "\"\"",
            summary: "Names of a virtual server: exact, `*.name`, `name.*`, or `~expression`."
        ) { directive throws(ConfigurationError) in
            for name in directive.arguments { _ = try ServerNamePattern(name, at: directive.location) }
        }.warning { directive in
            directive.arguments.first { $0.contains("/") }.map { "server name \"\($0)\" has suspicious symbols" }
        },
        .init(
            "location", in: [.server, .location], 1...2, block: .location, repeats: true,
            summary:
                "What answers a path: exact `=`, prefix, prefix before expressions `^~`, expression `~`, expression without case `~*`."
        ) { directive throws(ConfigurationError) in
            _ = try LocationPattern(directive)
        },
        .init(
            "default_type", in: levels, inheritance: .nearest, defaultValue: "text/plain", summary: "Content type of responses."),
        .init(
            "types", in: levels, 0...0, block: .types, repeats: true, inheritance: .nearestList,
            summary: "Content types by the extension of the path."),
        .init(
            "add_header", in: [.http, .server, .location, .locationIf], 2...3, repeats: true, inheritance: .nearestList,
            summary: "Adds a header to successful responses, or with `always` to all."
        ) { directive throws(ConfigurationError) in
            if directive.arguments.count == 3, directive.arguments[2] != "always" {
                throw directive.error("invalid parameter \"\(directive.arguments[2])\"")
            }
        },
        Self.accessRule("allow", "Lets an address, a range, `unix:` or `all` in."),
        Self.accessRule("deny", "Keeps an address, a range, `unix:` or `all` out (403)."),
        .init(
            "client_max_body_size", in: levels, 1...1, .offset, inheritance: .nearest, defaultValue: "1m",
            summary: "Largest request body (413 above it); 0 is without limit."),
        .init(
            "client_body_buffer_size", in: levels, 1...1, .size,
            standing: .implied("a body is held in memory whole, up to client_max_body_size"),
            summary: "Memory for a request body."),
        .init(
            "client_body_in_single_buffer", in: levels, 1...1, .flag, standing: .implied("a body always is in one piece"),
            summary: "Whether a body is kept in one piece."),
        .init(
            "client_body_timeout", in: levels, 1...1, .milliseconds, inheritance: .nearest, defaultValue: "60s",
            summary: "Time between two reads of a request body."),
        .init(
            "client_header_timeout", in: [.http, .server], 1...1, .milliseconds, inheritance: .nearest, defaultValue: "60s",
            summary: "Time to receive a request's head."),
        .init(
            "client_header_buffer_size", in: [.http, .server], 1...1, .size, inheritance: .nearest, defaultValue: "1k",
            summary: "Memory for an ordinary request head."),
        .init(
            "large_client_header_buffers", in: [.http, .server], 2...2, inheritance: .nearest, defaultValue: "4 8k",
            summary: "How many buffers of what size a long request head may take; a line must fit in one."
        ) { directive throws(ConfigurationError) in
            guard let count = Units.number(directive.arguments[0]), let size = Units.size(directive.arguments[1]) else {
                throw directive.error("\"large_client_header_buffers\" directive invalid value")
            }
            guard count > 0, size > 0 else { throw directive.error("\"large_client_header_buffers\" directive invalid value") }
        },
        .init(
            "send_timeout", in: levels, 1...1, .milliseconds, inheritance: .nearest, defaultValue: "60s",
            summary:
                "Time in which a client takes nothing of an answer; of streams, that of the default server of the address."
        ),
        .init(
            "keepalive_timeout", in: levels, 1...2, .milliseconds, inheritance: .nearest, defaultValue: "75s",
            summary:
                "Time that an idle connection stays open, 0 closes it after each response; and what `Keep-Alive` tells, in seconds."
        ) { directive throws(ConfigurationError) in
            guard directive.arguments.count == 1 || Units.duration(directive.arguments[1], wholeSeconds: true) != nil else {
                throw directive.error("\"keepalive_timeout\" directive invalid value")
            }
        },
        .init(
            "keepalive_requests", in: levels, 1...1, .number, inheritance: .nearest, defaultValue: "1000",
            summary: "Requests that one connection may carry."),
        .init(
            "tcp_nodelay", in: levels, 1...1, .flag, inheritance: .nearest, defaultValue: "on",
            summary: "Sends small packets at once. That of the default server holds for an address."),
        .init(
            "server_tokens", in: levels, 1...1, .choice(["on", "off", "build"]), inheritance: .nearest, defaultValue: "on",
            summary: "Whether responses tell the version."),
        Self.onlyDefault("merge_slashes", in: [.http, .server], .flag, "on", "doubled slashes of a path are always merged"),
        Self.onlyDefault("chunked_transfer_encoding", in: levels, .flag, "on", "HTTP/1.1 streams are always chunked"),
        Self.onlyDefault("satisfy", in: levels, .choice(["all", "any"]), "all", "every access rule counts"),
    ]

    private static func accessRule(_ name: String, _ summary: String) -> DirectiveSpecification {
        .init(name, in: levels, repeats: true, inheritance: .nearestList, summary: summary) {
            directive throws(ConfigurationError) in
            guard NetworkRange(directive.text) != nil else { throw directive.error("invalid parameter \"\(directive.text)\"") }
        }.warning { directive in
            NetworkRange.hasMeaninglessBits(directive.text) ? "low address bits of \(directive.text) are meaningless" : nil
        }
    }

    /// A directive whose default is the only value that this server has.
    static func onlyDefault(
        _ name: String,
        in contexts: DirectiveContexts,
        _ kind: ArgumentKind,
        _ value: String,
        _ reason: String
    ) -> DirectiveSpecification {
        .init(name, in: contexts, 1...1, kind, standing: .implied(reason), defaultValue: value, summary: "Only `\(value)`.") {
            directive throws(ConfigurationError) in
            guard directive.text.lowercased() == value else {
                throw directive.error("\"\(name) \(directive.text)\" is not supported: \(reason)")
            }
        }
    }
}

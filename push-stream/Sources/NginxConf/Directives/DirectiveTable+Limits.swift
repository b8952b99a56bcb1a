extension DirectiveTable {
    private static let levels = DirectiveContexts.httpLevels

    /// Limits by key, and the access log.
    static let limits: [DirectiveSpecification] = [
        .init(
            "limit_conn_zone", in: .http, 2...Int.max, .complex, repeats: true,
            summary: "Names a table, `zone=NAME:SIZE`, that counts requests by a key, such as `$binary_remote_addr`."
        ) { directive throws(ConfigurationError) in
            _ = try ConnectionZoneDirective(directive)
        },
        .init(
            "limit_conn", in: levels, 2...2, .text, repeats: true, inheritance: .nearestList,
            summary: "Requests and subscribers that one key of a zone may have at once; a stream counts until it ends."
        ) { directive throws(ConfigurationError) in
            _ = try ConnectionLimitDirective(directive)
        },
        .init(
            "limit_conn_status", in: levels, 1...1, .number, inheritance: .nearest, defaultValue: "503",
            summary: "Status of a request above the limit, 400 to 599."
        ) { directive throws(ConfigurationError) in
            guard let status = Units.number(directive.text) else { return }
            guard (400...599).contains(status) else { throw directive.error("value must be between 400 and 599") }
        },
        .init(
            "limit_conn_log_level", in: levels, 1...1, .choice(["info", "notice", "warn", "error"]), inheritance: .nearest,
            defaultValue: "error", summary: "Level of the error log's line about a request above the limit."),
        .init(
            "limit_conn_dry_run", in: levels, 1...1, .flag, inheritance: .nearest, defaultValue: "off",
            summary: "Counts and logs, and refuses nothing."),
        .init(
            "access_log", in: [.http, .server, .location, .locationIf], 1...Int.max, repeats: true, inheritance: .nearestList,
            defaultValue: "off",
            summary:
                "File, `/dev/stdout` or `syslog:` server, and format of an access log, with `buffer=`, `flush=` and `if=`; or `off`. A stream's line is written at its end."
        ) { directive throws(ConfigurationError) in
            _ = try AccessLogDirective(directive)
        },
        .init("log_format", in: .http, 2...Int.max, repeats: true, summary: "Names a format of the access log.") {
            directive throws(ConfigurationError) in
            _ = try LogFormat.Escaping(directive)
        },
    ]
}

extension DirectiveTable {
    private static let levels = DirectiveContexts.httpLevels

    /// Accepted with a notice.
    static let meaningless: [DirectiveSpecification] = [
        Self.without(
            "one process runs all event loops",
            .main,
            ["worker_priority", "worker_cpu_affinity", "lock_file", "timer_resolution", "thread_pool", "env", "debug_points"]),
        Self.without("the service manager decides about core dumps", .main, ["worker_rlimit_core", "working_directory"]),
        Self.without("the push stream module is built in and others are not needed", .main, ["load_module"]),
        Self.without("expressions are always compiled to machine code", .main, ["pcre_jit"]),
        Self.without(
            "the event loops choose the system's best method and share the ports by themselves",
            .events,
            ["use", "accept_mutex", "accept_mutex_delay", "worker_aio_requests"]),
        Self.without("there is no debug log of single connections", .events, ["debug_connection"]),
        Self.without(
            "files are read by threads of their own, in pieces",
            Self.levels,
            [
                "sendfile", "sendfile_max_chunk", "tcp_nopush", "aio", "aio_write", "directio", "directio_alignment",
                "output_buffers", "read_ahead",
            ]),
        Self.without(
            "a file is opened when it is asked for",
            Self.levels,
            ["open_file_cache", "open_file_cache_valid", "open_file_cache_min_uses", "open_file_cache_errors"]),
        Self.without("a request body is held in memory", Self.levels, ["client_body_temp_path"]),
        Self.without("logs have fixed names and stay open", Self.levels, ["open_log_file_cache"]),
        Self.without(
            "tables and pools need no sizes here",
            Self.levels,
            [
                "types_hash_max_size", "types_hash_bucket_size", "server_names_hash_max_size", "server_names_hash_bucket_size",
                "variables_hash_max_size", "variables_hash_bucket_size", "connection_pool_size", "request_pool_size",
            ]),
        Self.without("messages are written at once", Self.levels, ["postpone_output", "send_lowat"]),
        Self.without(
            "closing of connections is the event loop's affair",
            Self.levels,
            ["lingering_close", "lingering_time", "lingering_timeout", "reset_timedout_connection"]),
        Self.without("old browsers get no other treatment", Self.levels, ["keepalive_disable", "msie_padding", "msie_refresh"]),
        Self.without("no names are looked up", Self.levels, ["resolver", "resolver_timeout"]),
        Self.without(
            "streams are never compressed",
            Self.levels,
            [
                "gzip", "gzip_types", "gzip_min_length", "gzip_comp_level", "gzip_buffers", "gzip_vary", "gzip_proxied",
                "gzip_disable", "gzip_http_version", "gzip_static",
            ]),
        Self.without("push-stream speaks HTTP/1, and says so to clients that ask", Self.levels, ["http2"]),
        Self.without("the key exchange has no finite field groups", Self.levels, ["ssl_dhparam"]),
        Self.without(
            "certificates are sent without the answer of an OCSP server", Self.levels,
            [
                "ssl_stapling", "ssl_stapling_file",
                "ssl_stapling_responder", "ssl_stapling_verify",
            ]),
        Self.without("data before the end of a handshake is not accepted", Self.levels, ["ssl_early_data"]),
        Self.without("what is written together is encrypted together", Self.levels, ["ssl_buffer_size"]),
        Self.without("tickets are encrypted with a key of the process itself", Self.levels, ["ssl_session_ticket_key"]),
        Self.without("certificates are read once, at the start", Self.levels, ["ssl_certificate_cache"]),
        Self.without(
            "there are no subrequests or rewrites",
            Self.levels,
            ["log_subrequest", "rewrite_log", "subrequest_output_buffer_size"]),
        Self.without("an unset variable is empty", Self.levels, ["uninitialized_variable_warn"]),
    ].flatMap { $0 }

    /// Refused one by one.
    static let refused: [DirectiveSpecification] = [
        Self.refusing(
            "of files, only a static page is served: the rest is for a web server beside it",
            [
                "autoindex", "expires", "charset", "charset_types", "source_charset", "random_index", "empty_gif", "flv", "mp4",
                "ssi", "sub_filter", "addition_types",
                "add_before_body", "add_after_body", "image_filter", "dav_methods", "userid", "recursive_error_pages",
            ]),
        Self.refusing(
            "rewriting, mapping and proxying are for a web server before it",
            [
                "rewrite", "upstream", "map", "geo", "geoip_country", "split_clients", "mirror", "stream", "mail", "js_import",
                "perl", "perl_modules", "limit_except", "limit_rate", "limit_rate_after", "valid_referers", "real_ip_header",
                "set_real_ip_from", "real_ip_recursive", "add_trailer", "stub_status", "slice", "quic",
            ]),
        Self.refusing(
            "it is not among what push-stream does",
            [
                "keepalive_time", "absolute_redirect", "port_in_redirect", "server_name_in_redirect", "ignore_invalid_headers",
                "underscores_in_headers", "client_body_in_file_only", "ssl_engine",
            ]),
    ].flatMap { $0 }

    /// Refused by what their names begin with.
    static let refusedFamilies: [(prefix: String, reason: String)] = [
        ("proxy_", "push-stream is a push server, not a proxy"),
        ("fastcgi_", "push-stream is a push server, not a gateway"),
        ("uwsgi_", "push-stream is a push server, not a gateway"),
        ("scgi_", "push-stream is a push server, not a gateway"),
        ("grpc_", "push-stream is a push server, not a gateway"),
        ("memcached_", "push-stream is a push server, not a gateway"),
        ("ssl_", "it is not among what push-stream's TLS does"),
        ("http2_", "push-stream speaks HTTP/1"),
        ("http3", "push-stream speaks HTTP/1"),
        ("auth_", "authentication is for a proxy before it, or for unguessable channel names"),
        ("limit_req", "limits of requests per second are for a proxy before it; limit_conn is there"),
        ("secure_link", "authentication is for a proxy before it, or for unguessable channel names"),
        ("nchan_", "nchan's directives differ from those of the push stream module"),
    ]

    private static func without(
        _ reason: String,
        _ contexts: DirectiveContexts,
        _ names: [String]
    ) -> [DirectiveSpecification] {
        names.map { .init($0, in: contexts, 1...Int.max, repeats: true, standing: .meaningless(reason), summary: reason) }
    }

    private static func refusing(_ reason: String, _ names: [String]) -> [DirectiveSpecification] {
        names.map { .init($0, in: [], 0...Int.max, repeats: true, standing: .refused(reason), summary: reason) }
    }
}

import Testing

@testable import NginxConf

/// Each message was compared with what nginx 1.22 prints for the same file.
@Suite struct ParserMessageTests {
    private static let head = "events {}\nhttp {\nserver {\n"

    @Test(arguments: [
        ("foo;}}", #"unknown directive "foo""#),
        ("location / {\n", #"unexpected end of file, expecting "}" in /t.conf:5"#),
        ("location ~ /a( {}}}", #"pcre2_compile() failed: missing closing parenthesis in "/a(""#),
        ("location foo /a {}}}", #"invalid location modifier "foo""#),
        ("location;}}", #"directive "location" has no opening "{""#),
        ("tcp_nodelay on {}}}", #"directive "tcp_nodelay" is not terminated by ";""#),
        ("listen 70000;}}", #"invalid port in "70000" of the "listen" directive"#),
        ("listen 0;}}", #"invalid port in "0" of the "listen" directive"#),
        ("listen 127.0.0.1:;}}", #"invalid port in "127.0.0.1:" of the "listen" directive"#),
        ("listen foo.invalid:80;}}", #"host not found in "foo.invalid:80" of the "listen" directive"#),
        ("listen [::1;}}", #"invalid host in "[::1" of the "listen" directive"#),
        ("listen \"\";}}", #"no host in "" of the "listen" directive"#),
        ("listen unix:;}}", #"no path in the unix domain socket in "unix:" of the "listen" directive"#),
        ("listen 127.0.0.1:80 bogus;}}", #"invalid parameter "bogus""#),
        ("listen 81 backlog=x;}}", #"invalid backlog "backlog=x""#),
        ("listen 443 ssl quic;}}", #""quic" parameter of the "listen" directive is not supported: push-stream speaks HTTP/1"#),
        ("ssl_protocols TLSv1.2 TLSv9;}}", #"invalid value "TLSv9""#),
        (
            "ssl_protocols TLSv1.1;}}",
            #""ssl_protocols" must have TLSv1.2 or TLSv1.3: older ones are not offered"#
        ),
        ("ssl_session_cache nope;}}", #"invalid session cache "nope""#),
        ("ssl_session_cache shared:SSL;}}", #"invalid session cache "shared:SSL""#),
        ("ssl_session_cache shared:SSL:1k;}}", #"session cache "shared:SSL:1k" is too small"#),
        (
            "ssl_certificate $host.pem;}}",
            #"variables in "ssl_certificate" are not supported: push-stream reads certificates at its start"#
        ),
        (
            "ssl_certificate_key engine:x;}}",
            #""engine:" in "ssl_certificate_key" is not supported: push-stream reads files"#
        ),
        (
            "ssl_conf_command Options x;}}",
            #""ssl_conf_command" directive is not supported: it is not among what push-stream's TLS does"#
        ),
        ("set x 1;}}", #"invalid variable name "x""#),
        ("set $uri 1;}}", #"the duplicate "uri" variable"#),
        ("return abc;}}", #"invalid return code "abc""#),
        ("return 99999 a;}}", #"invalid return code "99999""#),
        ("return;}}", #"invalid number of arguments in "return" directive"#),
        ("if ($a = b {}}}", #"invalid condition "b""#),
        ("if ($arg_a == b) {return 200;}}}", #"unexpected "==" in condition"#),
        ("if ($arg_a ~ \"(\") {return 200;}}}", #"pcre2_compile() failed: missing closing parenthesis in "(""#),
        ("if a {return 200;}}}", #"invalid condition "a""#),
        ("if ($arg_a ~) {}}}", #"invalid condition "$arg_a""#),
        ("if (-f $uri) {}}}", #"condition "-f" is not supported: files are looked up when a request is answered, see try_files"#),
        ("allow 1.2;}}", #"invalid parameter "1.2""#),
        ("client_max_body_size 1x;}}", #""client_max_body_size" directive invalid value"#),
        ("client_max_body_size;}}", #"invalid number of arguments in "client_max_body_size" directive"#),
        ("send_timeout 5q;}}", #""send_timeout" directive invalid value"#),
        ("tcp_nodelay maybe;}}", #"invalid value "maybe" in "tcp_nodelay" directive, it must be "on" or "off""#),
        ("server_tokens maybe;}}", #"invalid value "maybe""#),
        ("keepalive_requests x;}}", #""keepalive_requests" directive invalid number"#),
        ("default_type a; default_type b;}}", #""default_type" directive is duplicate"#),
        ("large_client_header_buffers 4 q;}}", #""large_client_header_buffers" directive invalid value"#),
        ("server {listen 1;}}}", #""server" directive is not allowed here"#),
        ("worker_processes 1;}}", #""worker_processes" directive is not allowed here"#),
        ("if ($arg_a) {add_header a b;}}}", #""add_header" directive is not allowed here"#),
        ("add_header x y foo;}}", #"invalid parameter "foo""#),
        ("include /nofile;}}", #"open() "/nofile" failed (2: No such file or directory)"#),
        ("error_log /tmp/x bogus;}}", #"invalid log level "bogus""#),
        ("server_name ~^( ;}}", #"pcre2_compile() failed: missing closing parenthesis in "^(""#),
        ("server_name *;}}", #"server name "*" is invalid"#),
        ("proxy_pass http://x;}}", #""proxy_pass" directive is not supported: push-stream is a push server, not a proxy"#),
        (
            "rewrite a b;}}",
            #""rewrite" directive is not supported: rewriting, mapping and proxying are for a web server before it"#
        ),
        ("push_stream_subscriber;}}", #""push_stream_subscriber" directive is not allowed here"#),
        (
            "push_stream_store_messages perhaps;}}",
            #"invalid value "perhaps" in "push_stream_store_messages" directive, it must be "on" or "off""#
        ),
    ])
    func `inside a server`(text: String, message: String) {
        let place = message.contains(" in /t.conf") ? "" : " in /t.conf:4"
        #expect(failure(Self.head + text) == "[emerg] \(message)\(place)")
    }

    @Test(arguments: [
        ("http {}", #"[emerg] no "events" section in configuration"#),
        ("events {} events {}", #"[emerg] "events" directive is duplicate in /t.conf:1"#),
        ("events {} http {} http {}", #"[emerg] "http" directive is duplicate in /t.conf:1"#),
        ("events {}\n}", #"[emerg] unexpected "}" in /t.conf:2"#),
        ("events\n;", #"[emerg] directive "events" has no opening "{" in /t.conf:2"#),
        ("events {", #"[emerg] unexpected end of file, expecting "}" in /t.conf:1"#),
        ("daemon off {}", #"[emerg] directive "daemon" is not terminated by ";" in /t.conf:1"#),
        ("daemon maybe;", #"[emerg] invalid value "maybe" in "daemon" directive, it must be "on" or "off" in /t.conf:1"#),
        ("pid a; pid b;", #"[emerg] "pid" directive is duplicate in /t.conf:1"#),
        ("worker_processes x;", #"[emerg] "worker_processes" directive invalid value in /t.conf:1"#),
        ("worker_rlimit_nofile x;", #"[emerg] "worker_rlimit_nofile" directive invalid number in /t.conf:1"#),
        ("events { worker_connections x; }", #"[emerg] invalid number "x" in /t.conf:1"#),
        (
            "events {} http { push_stream_shared_memory_size 100k; }",
            "[warn] The push_stream_shared_memory_size value must be at least 128KiB in /t.conf:1"
        ),
        (
            "events {} http { server { location / { push_stream_subscriber foo; } } }",
            "[error] push stream module: invalid push_stream_subscriber mode value: foo, accepted values "
                + "(streaming, polling, long-polling, eventsource, websocket) in /t.conf:1"
        ),
        (
            "events {} http { server { location / { push_stream_padding_by_user_agent a,b,c; } } }",
            "[error] push stream module: padding pattern not match the value a,b,c in /t.conf:1"
        ),
    ])
    func `of the whole file`(text: String, message: String) {
        #expect(failure(text) == message)
    }

    @Test func `the first error in the order of the file is told`() {
        #expect(failure("pid a;\nfoo;\nbar {") == #"[emerg] unknown directive "foo" in /t.conf:2"#)
    }

    @Test func `a main file that is missing`() {
        let error = #expect(throws: ConfigurationError.self) { try Parser.parse(path: "/none", files: files([:])) }
        #expect(error?.description == #"[emerg] open() "/none" failed (2: No such file or directory)"#)
    }

    @Test func `directives of the command line`() throws {
        #expect(try parse("events {}", globals: "worker_processes 3;").main.first("worker_processes")?.text == "3")
        #expect(failure("events {}", globals: "pid a") == #"[emerg] unexpected end of parameter, expecting ";" in command line"#)
        #expect(failure("events {}", globals: "foo;") == #"[emerg] unknown directive "foo" in command line"#)
        #expect(
            failure("events {}", globals: "http {}") == "[emerg] block directives are not supported in -g option in command line")
        #expect(failure("pid b; events {}", globals: "pid a;") == #"[emerg] "pid" directive is duplicate in /t.conf:1"#)
    }

    @Test func `what is without effect is accepted with a notice`() throws {
        let parsed = try parse("events { use epoll; }\nhttp {\ngzip on; sendfile on;\n}")
        #expect(
            parsed.diagnostics.map(\.description) == [
                #"[notice] "use" directive has no effect: the event loops choose the system's best method and share the ports by "#
                    + "themselves in /t.conf:1",
                #"[notice] "gzip" directive has no effect: streams are never compressed in /t.conf:3"#,
                #"[notice] "sendfile" directive has no effect: files are read by threads of their own, in pieces in /t.conf:3"#,
            ])
    }

    @Test func `every refused row refuses by name`() {
        for row in DirectiveTable.refused {
            #expect(
                failure("\(row.name) x;") == #"[emerg] "\#(row.name)" directive is not supported: \#(row.summary) in /t.conf:1"#)
        }
        for family in DirectiveTable.refusedFamilies {
            #expect(
                failure("\(family.prefix)x y;")
                    == #"[emerg] "\#(family.prefix)x" directive is not supported: \#(family.reason) in /t.conf:1"#)
        }
    }
}

import NginxConf
import PushStreamCore
import Testing

@testable import PushStreamServer

@Suite struct ConfigurationLoaderTests {
    private struct Values: VariableSource {
        var values: [Variable: String] = [:]

        func value(of variable: Variable) -> String? { self.values[variable] }
    }

    private func load(_ text: String) throws -> LoadedConfiguration {
        let files = ConfigurationFiles(
            read: { path throws(ConfigurationFiles.FileError) in
                guard path == "/t.conf" else { throw .init(call: "open", code: 2) }
                return Array(text.utf8)
            },
            glob: { _ in [] })
        return try EngineConfiguration.load(path: "/t.conf", prefix: "/p/", files: files)
    }

    private func failure(_ text: String) -> String? {
        do {
            _ = try self.load(text)
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// A location in an otherwise right configuration; it stands on line 3.
    private func location(_ text: String, http: String = "") -> String? {
        self.failure("events {} http { push_stream_shared_memory_size 1m;\n\(http)\nserver { location /x { \(text) } } }")
    }

    @Test(arguments: [
        ("push_stream_subscriber;", "", "push_stream_channels_path must be set."),
        (
            "push_stream_subscriber; push_stream_channels_path a; push_stream_ping_message_interval 0;", "",
            "push_stream_ping_message_interval cannot be zero."
        ),
        (
            "push_stream_subscriber; push_stream_channels_path a; push_stream_subscriber_connection_ttl 0;", "",
            "push_stream_subscriber_connection_ttl cannot be zero."
        ),
        (
            "push_stream_subscriber; push_stream_channels_path a; push_stream_longpolling_connection_ttl 0;", "",
            "push_stream_longpolling_connection_ttl cannot be zero."
        ),
        (
            "push_stream_subscriber; push_stream_channels_path a; push_stream_message_template '';", "",
            "push_stream_message_template cannot be blank."
        ),
        (
            "push_stream_subscriber; push_stream_channels_path a; push_stream_wildcard_channel_max_qtd 0;", "",
            "push_stream_wildcard_channel_max_qtd cannot be zero."
        ),
        (
            "push_stream_subscriber; push_stream_channels_path a; push_stream_wildcard_channel_max_qtd 3;", "",
            "cannot set wildcard channel max qtd if push_stream_wildcard_channel_prefix is not set or blank."
        ),
    ])
    func `what the module checks in a location`(text: String, http: String, message: String) {
        #expect(self.location(text, http: http) == "[error] push stream module: \(message) in /t.conf:3")
    }

    @Test(arguments: [
        "push_stream_message_ttl", "push_stream_max_subscribers_per_channel", "push_stream_max_messages_stored_per_channel",
        "push_stream_max_channel_id_length", "push_stream_max_number_of_channels", "push_stream_max_number_of_wildcard_channels",
    ])
    func `what must not be zero`(name: String) {
        #expect(
            self.location("push_stream_publisher; push_stream_channels_path a;", http: "\(name) 0;")
                == "[error] push stream module: \(name) cannot be zero. in /t.conf:2")
    }

    @Test(arguments: [
        (
            "push_stream_subscribers_limit 1k;",
            #"[emerg] "push_stream_subscribers_limit" directive invalid number in command line"#
        ),
        (
            "push_stream_history_limit 0 5s;",
            #"[emerg] invalid number of messages "0" in "push_stream_history_limit" in command line"#
        ),
        ("push_stream_history_limit 5 5x;", #"[emerg] invalid time "5x" in "push_stream_history_limit" in command line"#),
        (
            "push_stream_history_limit 5;",
            #"[emerg] invalid number of arguments in "push_stream_history_limit" directive in command line"#
        ),
    ])
    func `limits of the command line that are none`(directives: String, message: String) {
        let failure = #expect(throws: ConfigurationError.self) { try Self.load(directives) }
        #expect(failure.map { "\($0)" } == message)
    }

    @Test func `limits of the command line hold in place of the file's`() throws {
        let store = try Self.load("push_stream_subscribers_limit 7; push_stream_history_limit 3 90s;").engine.store
        #expect(store.maxSubscribers == 7)
        #expect(store.maxMessagesPerChannel == 3)
        #expect(store.messageTTL == 90_000)
        let unlimited = try Self.load("push_stream_subscribers_limit 0;").engine.store
        #expect(unlimited.maxSubscribers == nil)
        #expect(unlimited.maxMessagesPerChannel == 20)
        #expect(unlimited.messageTTL == 300_000)
    }

    private static func load(_ directives: String) throws(ConfigurationError) -> LoadedConfiguration {
        let file =
            "events {} http { push_stream_shared_memory_size 1m; push_stream_max_messages_stored_per_channel 20; push_stream_message_ttl 5m; "
            + "server { location / { push_stream_publisher; push_stream_channels_path a; } } }"
        return try EngineConfiguration.load(
            path: "/t.conf", globalDirectives: directives,
            files: ConfigurationFiles(read: { _ in Array(file.utf8) }, glob: { _ in [] }))
    }

    @Test func `other checks of the module`() {
        #expect(
            self.failure("events {}\nhttp { server { location / { push_stream_publisher; push_stream_channels_path a; } } }")
                == "[error] push stream module: push_stream_shared_memory_size must be set. in /t.conf:2")
        #expect(self.failure("events {} http { server { location / { return 200; } } }") == nil)
        #expect(
            self.location(
                "push_stream_subscriber; push_stream_channels_path a; push_stream_wildcard_channel_max_qtd 3;",
                http: "push_stream_wildcard_channel_prefix b; push_stream_max_number_of_wildcard_channels 2;")
                == "[error] push stream module: max number of wildcard channels cannot be smaller than value in "
                + "push_stream_wildcard_channel_max_qtd. in /t.conf:3")
        #expect(
            self.location("push_stream_subscriber; push_stream_publisher;")
                == #"[emerg] "push_stream_publisher" directive is duplicate in /t.conf:3"#)
        #expect(
            self.location("push_stream_header_template_file /none;")
                == #"[error] push stream module: unable to open file "/none" for header template in /t.conf:3"#)
        #expect(
            self.location(
                "push_stream_subscriber; push_stream_channels_path a; push_stream_header_template a; push_stream_header_template_file /dev/null;"
            )
                == #"[emerg] "push_stream_header_template_file" directive is duplicate or template set by "#
                + "'push_stream_header_template' in /t.conf:3")
    }

    @Test(arguments: [
        ("location /a {} location /a {}", #"duplicate location "/a""#),
        ("location /a {} location ^~ /a {}", #"duplicate location "/a""#),
        ("location /a { location /b {} }", #"location "/b" is outside location "/a""#),
        ("location = /a { location /a/b {} }", #"location "/a/b" cannot be inside the exact location "/a""#),
        ("listen 81; listen 81;", "a duplicate listen 0.0.0.0:81"), ("set $x $nope;", #"unknown "nope" variable"#),
        ("listen 80 default_server; } server { listen 80 default_server;", "a duplicate default server for 0.0.0.0:80"),
        ("access_log /tmp/x nope;", #"unknown log format "nope""#),
        ("add_header a \"${b\";", #"the closing bracket in "b" variable is missing"#),
    ])
    func `what nginx checks`(text: String, message: String) {
        #expect(self.failure("events {}\nhttp { server {\n\(text) } }") == "[emerg] \(message) in /t.conf:3")
    }

    @Test func `shared names are warned about`() throws {
        let loaded = try self.load("events {} http { server { listen 81; server_name a; } server { listen 81; server_name a; } }")
        #expect(loaded.diagnostics.map(\.description) == [#"[warn] conflicting server name "a" on 0.0.0.0:81, ignored"#])
    }

    @Test func `the queue of a subscriber`() throws {
        func size(_ directive: String) throws -> Int {
            try self.load("events {} http {\n\(directive)\nserver { listen 9080; } }").engine.subscriberQueueSize
        }
        #expect(try size("") == 1 << 20)
        #expect(try size("#push-stream: push_stream_subscriber_queue_size 64k;") == 65536)
        #expect(
            self.failure("events {} http { push_stream_subscriber_queue_size 0; }")
                == "[emerg] push_stream_subscriber_queue_size cannot be zero. in /t.conf:1")
        #expect(
            self.failure("events {} http { push_stream_subscriber_queue_size much; }")
                == #"[emerg] "push_stream_subscriber_queue_size" directive invalid value in /t.conf:1"#)
    }

    @Test func `an unknown user`() {
        #expect(self.failure("user nobody-here; events {}") == #"[emerg] getpwnam("nobody-here") failed in /t.conf:1"#)
    }

    @Test func `set, if and return run in order`() throws {
        let server = try #require(
            try self.load(
                """
                events {}
                http {
                  push_stream_shared_memory_size 1m;
                  server {
                    set $who server;
                    if ($arg_ban) { return 403 "no $arg_ban"; }
                    location ~ ^/(?<kind>ev)/(.*)$ {
                      push_stream_subscriber eventsource;
                      push_stream_channels_path $2;
                      add_header X-Who $who-$kind;
                      deny all;
                      if ($arg_test = on) { push_stream_channels_path test_$2; add_header X-Test 1; }
                      if ($arg_name ~ "^(\\w)") { set $who $1; }
                      if ($arg_go) { return 302 /to/$arg_go; }
                    }
                  }
                }
                """
            ).engine.servers.first)
        func route(_ path: String, _ arguments: [String: String]) -> Route<Values> {
            let values = arguments.map { (Variable.argument($0.key), $0.value) }
            return server.route(path: path, request: Values(values: Dictionary(values) { first, _ in first }))
        }
        func channels(_ route: Route<Values>) -> String? {
            guard case .subscriber(let settings) = route.settings.handler else { return nil }
            return settings.channelsPath?.evaluate(route.variables)
        }
        let plain = route("/ev/a", [:])
        #expect(channels(plain) == "a")
        #expect(plain.settings.addedHeaders.map { "\($0.name)=\($0.value.evaluate(plain.variables))" } == ["X-Who=server-ev"])
        #expect(plain.settings.accessRules.count == 1)
        let test = route("/ev/a", ["test": "on"])
        #expect(channels(test) == "test_a")
        #expect(test.settings.addedHeaders.map(\.name) == ["X-Test"])
        let named = route("/ev/a", ["name": "joe"])
        #expect(named.variables.value(of: .user("who")) == "j")
        let redirect = route("/ev/a", ["go": "x"])
        guard case .respond(status: 302, let target) = redirect.settings.handler else {
            Issue.record("no redirect")
            return
        }
        #expect(target?.evaluate(redirect.variables) == "/to/x")
        #expect(redirect.settings.accessRules.isEmpty)
        let banned = route("/ev/a", ["ban": "you"])
        guard case .respond(status: 403, let text) = banned.settings.handler else {
            Issue.record("not banned")
            return
        }
        #expect(text?.evaluate(banned.variables) == "no you")
        guard case .none = route("/other", [:]).settings.handler else {
            Issue.record("a location matched")
            return
        }
    }

    @Test func `defaults are nginx's and the module's`() throws {
        let loaded = try self.load(
            """
            events {} http { push_stream_shared_memory_size 1m;
            server { location / { push_stream_subscriber long-polling; push_stream_channels_path a; push_stream_subscriber_connection_ttl 7s; } } }
            """)
        let server = try #require(loaded.engine.servers.first)
        let settings = server.fallback.settings
        #expect(loaded.engine.process.eventLoops == 1 && loaded.engine.process.connectionsPerLoop == 512)
        #expect(loaded.engine.store.messageTTL == 1_800_000 && loaded.engine.store.channelInactivityTime == 30_000)
        #expect(settings.maxBodySize == 1 << 20 && settings.keepAliveTimeout == 75_000 && settings.keepAliveRequests == 1000)
        #expect(settings.bodyTimeout == 60_000 && settings.sendTimeout == 60_000 && server.headerTimeout == 60_000)
        #expect(server.headerBufferSize == 1024 && server.largeHeaderBuffers == (4, 8192))
        #expect(settings.contentType(ofPath: "/a.HTML") == "text/html")
        #expect(settings.contentType(ofPath: "/a.b/c") == "text/plain")
        guard case .subscriber(let subscriber)? = server.locations.match("/")?.payload.settings.handler else {
            Issue.record("no subscriber")
            return
        }
        #expect(subscriber.mode == .longPolling && subscriber.longPollingTTL == 7000 && subscriber.pingInterval == nil)
        #expect(subscriber.messageTemplate == .init("~text~") && !subscriber.storesMessages)
    }

    /// A development configuration with what such files usually hold besides.
    @Test func `a file of many directives`() throws {
        let loaded = try self.load(
            """
            pid run/n.pid; error_log logs/e.log debug; master_process off; daemon off; worker_rlimit_core 500M; working_directory /tmp;
            debug_points abort; env A; env B=c; load_module modules/ngx_http_push_stream_module.so; worker_processes 2;
            events { worker_connections 1024; use poll; multi_accept on; accept_mutex off; }
            http {
              postpone_output 1; log_format f '$remote_addr $status'; access_log logs/a.log f;
              types { text/html html htm; } default_type application/octet-stream;
              tcp_nopush on; tcp_nodelay on; sendfile on; keepalive_timeout 10s; send_timeout 10s; client_body_buffer_size 1k;
              push_stream_shared_memory_size 10m zone; push_stream_events_channel_id ev; push_stream_user_agent $arg_ua;
              push_stream_padding_by_user_agent "[T|t]est 1,10,20:[T|t]est 2,0,300";
              server {
                listen 9080 default_server backlog=100; listen unix:/tmp/s; server_name localhost *.a.b;
                location /sub/ { location ~ ^/sub/(.+) { push_stream_subscriber polling; push_stream_channels_path $1; } }
              }
            }
            """)
        let process = loaded.engine.process
        #expect(
            process.pidFile == "/p/run/n.pid" && process.errorLog == .file("/p/logs/e.log") && process.errorLogLevel == .debug)
        #expect(loaded.diagnostics.count == 11)
        let server = try #require(loaded.engine.servers.first)
        #expect(loaded.engine.accessLogs == [AccessLogFile(destination: .file("/p/logs/a.log"))])
        #expect(server.fallback.settings.accessLogs.map(\.format.value.source) == ["$remote_addr $status"])
        #expect(server.listens.map(\.backlog) == [100, 511])
        guard case .subscriber(let settings)? = server.locations.match("/sub/x")?.payload.settings.handler else {
            Issue.record("no subscriber")
            return
        }
        #expect(settings.paddings.map(\.headerMinimum) == [10, 0] && settings.paddings.map(\.messageMinimum) == [20, 300])
    }
}

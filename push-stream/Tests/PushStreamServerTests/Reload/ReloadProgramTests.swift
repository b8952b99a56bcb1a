import Foundation
import NIOCore
import PushTestSupport
import Synchronization
import Testing

@testable import PushStreamServer

/// HUP and `-s reload` on the program itself.
@Suite struct ReloadProgramTests {
    private static let main = "pid n.pid; error_log e.log notice;"

    /// A program that serves what `change` says, with its port.
    private static func start(
        _ change: (inout ReloadingEngine.Parts) -> Void = { $0.main = Self.main }
    ) async throws -> (TestProgram, TestProcess, ProgramClient) {
        let program = try TestProgram(ReloadingEngine.text(change))
        let process = try program.start()
        return (program, process, ProgramClient(port: try await program.port()))
    }

    /// Writes another configuration, sends HUP and waits until it has been dealt with.
    private static func reload(
        _ program: TestProgram, _ process: TestProcess, expecting text: String, in log: String = "e.log",
        _ change: (inout ReloadingEngine.Parts) -> Void
    ) async throws {
        let before = program.contents(log).components(separatedBy: text).count
        try program.folder.write(ReloadingEngine.text(change), to: "t.conf")
        process.signal(SIGHUP)
        try await eventually("\"\(text)\" in \(log)") { program.contents(log).components(separatedBy: text).count > before }
    }

    @Test func `subscribers stay and get what is published after a reload`() async throws {
        let (program, process, server) = try await Self.start()
        let clients = [
            try await server.subscribe("/sub/a"), try await server.subscribe("/ev/a"),
            try await server.subscribe("/ws/a", fields: TestEngine.webSocketFields), try await RawClient(port: server.port),
        ]
        try await clients[3].send("GET /lp/a HTTP/1.1\r\nHost: t\r\n\r\n")
        try await server.waitForSubscribers(4)
        let kept = try await RawClient(port: server.port)
        try await kept.send("GET /new HTTP/1.1\r\nHost: t\r\n\r\n")
        try await kept.wait(for: "404 Not Found")

        try await Self.reload(program, process, expecting: "configuration applied") {
            $0.main = Self.main
            $0.server = "location /new { return 200 new!; }"
        }
        #expect(program.contents("e.log").contains("[notice] \(process.pid)#0: signal HUP received, reconfiguring\n"))
        try await kept.send("GET /new HTTP/1.1\r\nHost: t\r\n\r\n")
        try await kept.wait(for: "new!")
        try await server.publish("hello", to: "a")
        for client in clients { try await client.wait(for: "hello") }
        #expect(try await process.terminate() == .exited(0))
    }

    @Test func `logs, the pid file and what needs a restart`() async throws {
        let (program, process, server) = try await Self.start {
            $0.main = Self.main
            $0.http = "access_log a.log;"
        }
        _ = try await server.get("/stats")
        try await program.await("GET /stats", in: "a.log")
        try await Self.reload(program, process, expecting: "configuration applied", in: "other.log") {
            $0.main = "pid other.pid; error_log other.log info; worker_processes 3; worker_rlimit_nofile 64;"
            $0.http = "log_format short '$request_method to $uri'; access_log b.log short;"
        }
        _ = try await server.get("/metrics")
        try await program.await("GET to /metrics\n", in: "b.log")
        #expect(!program.contents("a.log").contains("/metrics"))
        #expect(!program.contents("e.log").contains("configuration applied"))
        let text = "[warn] \(process.pid)#0: changes that take effect with a restart, directives: worker_processes\n"
        #expect(program.contents("other.log").contains(text))
        #expect(program.contents("other.pid") == "\(process.pid)\n")
        #expect(!FileManager.default.fileExists(atPath: program.folder.file("n.pid")))
        let limits = try String(contentsOfFile: "/proc/\(process.pid)/limits", encoding: .utf8)
        let openFiles = limits.split(separator: "\n").first { $0.hasPrefix("Max open files") }
        #expect(openFiles?.split(separator: " ")[3] == "64")

        // USR1 opens the logs of the configuration in force.
        try FileManager.default.removeItem(atPath: program.folder.file("b.log"))
        #expect(try await program.run("-s", "reopen").status == .exited(0))
        try await program.await("reopened logs", in: "other.log")
        #expect(FileManager.default.fileExists(atPath: program.folder.file("b.log")))
        #expect(try await program.run("-s", "quit").status == .exited(0))
        #expect(try await process.exit() == .exited(0))
        #expect(!FileManager.default.fileExists(atPath: program.folder.file("other.pid")))
    }

    @Test func `a configuration that cannot be applied changes nothing and is reported`() async throws {
        let (program, process, server) = try await Self.start {
            $0.main = Self.main
            $0.server = "location /x { return 200 first!; }"
        }
        let stream = try await server.subscribe("/sub/a")
        let file = program.folder.file("t.conf")
        let changes: [(main: String, http: String, listens: [String], message: String)] = [
            (Self.main, "foo on;", ["127.0.0.1:0"], "unknown directive \"foo\" in \(program.folder.path)/"),
            (
                Self.main, "push_stream_max_messages_stored_per_channel 0;", ["127.0.0.1:0"],
                "push stream module: push_stream_max_messages_stored_per_channel cannot be zero. in"
            ),
            (
                Self.main, "access_log /nowhere/a.log;", ["127.0.0.1:0"],
                "open() \"/nowhere/a.log\" failed (2: No such file or directory)\n"
            ),
            (
                Self.main, "", ["127.0.0.1:0", "127.0.0.1:\(server.port)"],
                "bind() to 127.0.0.1:\(server.port) failed (98: Address already in use)\n"
            ),
            (
                "error_log /nowhere/e.log;", "", ["127.0.0.1:0"],
                "open() \"/nowhere/e.log\" failed (2: No such file or directory)\n"
            ),
            (
                "pid /nowhere/n.pid; error_log other.log;", "", ["127.0.0.1:0"],
                "open() \"/nowhere/n.pid\" failed (2: No such file or directory)\n"
            ),
            (
                "pid other.pid; error_log other.log;", "access_log /nowhere/b.log;", ["127.0.0.1:0"],
                "open() \"/nowhere/b.log\" failed (2: No such file or directory)\n"
            ),
        ]
        for (main, http, listens, message) in changes {
            try await Self.reload(program, process, expecting: message) {
                ($0.main, $0.http, $0.listens) = (main, http, listens)
                $0.server = "location /x { return 200 second!; }"
            }
            let level = message.contains("cannot be zero") ? "error" : "emerg"
            #expect(program.contents("e.log").contains("[\(level)] \(process.pid)#0: \(message)"))
            #expect(try await server.get("/x").hasSuffix("first!"))
            #expect(try await server.get("/metrics").contains("\npush_stream_config_last_reload_successful 0\n"))
        }
        try FileManager.default.removeItem(atPath: file)
        process.signal(SIGHUP)
        try await program.await("open() \"\(file)\" failed (2: No such file or directory)", in: "e.log")
        #expect(program.contents("n.pid") == "\(process.pid)\n")
        #expect(!FileManager.default.fileExists(atPath: program.folder.file("other.pid")))
        try await server.publish("still here", to: "a")
        try await stream.wait(for: "still here")

        try await Self.reload(program, process, expecting: "configuration applied") {
            $0.main = Self.main
            $0.server = "location /x { return 200 second!; }"
        }
        #expect(try await server.get("/x").hasSuffix("second!"))
        let metrics = try await server.get("/metrics")
        #expect(metrics.contains("\npush_stream_config_last_reload_successful 1\n"))
        let name = "\npush_stream_config_last_reload_success_timestamp_seconds "
        let time = try #require(Int(metrics.components(separatedBy: name).last?.prefix { $0.isNumber } ?? ""))
        #expect(abs(Int(Date().timeIntervalSince1970) - time) < 60)
        #expect(try await process.terminate() == .exited(0))
    }

    @Test func `-s reload sends HUP, but not with a file that has an error`() async throws {
        let (program, process, server) = try await Self.start()
        try program.folder.write(ReloadingEngine.text { $0.main = Self.main + "foo;" }, to: "t.conf")
        let refused = try await program.run("-s", "reload")
        #expect(refused.status == .exited(1))
        #expect(refused.errors.hasPrefix("push-stream: [emerg] unknown directive \"foo\" in "))
        try program.folder.write(
            ReloadingEngine.text {
                $0.main = Self.main
                $0.server = "gzip on; location /x { return 200 second!; }"
            }, to: "t.conf")
        let accepted = try await program.run("-s", "reload")
        #expect(accepted.status == .exited(0))
        #expect(accepted.errors.contains("[notice] ") && accepted.errors.contains("gzip"))
        try await program.await("configuration applied", in: "e.log")
        #expect(try await server.get("/x").hasSuffix("second!"))
        // The first of them was not sent, and the notice is in the log as well.
        let log = program.contents("e.log")
        #expect(log.components(separatedBy: "signal HUP received").count == 2)
        #expect(!log.contains("foo") && log.contains("gzip"))
        #expect(try await process.terminate() == .exited(0))
    }

    @Test func `of several signals in a row the last file holds`() async throws {
        let (program, process, server) = try await Self.start()
        // As many as may wait.
        for round in 0..<16 {
            try program.folder.write(
                ReloadingEngine.text {
                    $0.main = round % 5 == 3 ? "foo;" : Self.main
                    $0.server = "location /x { return 200 round\(round)!; }"
                }, to: "t.conf")
            process.signal(SIGHUP)
        }
        try await eventually("the last file holds") { try await server.get("/x").hasSuffix("round15!") }
        // Each signal that was seen came to its end, and none was mixed with another.
        try await eventually("all are dealt with") {
            let log = program.contents("e.log")
            let seen = log.components(separatedBy: "signal HUP received").count
            return log.components(separatedBy: "configuration applied").count
                + log.components(separatedBy: "the configuration has not changed").count - 1 == seen
        }
        #expect(try await process.terminate() == .exited(0))
    }

    /// The configuration comes from a pipe, so that a reload lasts as long as the test wants.
    @Test func `a reload that hangs keeps no other signal waiting`() async throws {
        let (program, process, _) = try await Self.start()
        #expect(mkfifo(program.folder.file("pipe"), 0o600) == 0)
        try program.folder.write(ReloadingEngine.text { $0.main = Self.main + "include pipe;" }, to: "t.conf")
        process.signal(SIGHUP)
        try await program.await("signal HUP received", in: "e.log")
        process.signal(SIGUSR1)
        try await program.await("reopened logs", in: "e.log")
        #expect(try await process.terminate() == .exited(0))
    }

    @Test func `a daemon's standard error follows its log`() async throws {
        let program = try TestProgram("daemon on; pid n.pid; error_log e.log notice; %SERVER%")
        #expect(try await program.start().exit() == .exited(0))
        let pid = try PIDFile(path: program.folder.file("n.pid")).read()
        defer { kill(pid, SIGKILL) }
        try program.folder.write(
            program.contents("t.conf").replacing("e.log", with: "other.log").replacing("daemon on", with: "daemon off"),
            to: "t.conf")
        #expect(try await program.run("-s", "reload").status == .exited(0))
        try await program.await("configuration applied", in: "other.log")
        let text = "[warn] \(pid)#0: changes that take effect with a restart, directives: daemon\n"
        #expect(program.contents("other.log").contains(text))
        let errors = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/fd/2")
        #expect(errors == program.folder.file("other.log"))
        #expect(try await program.run("-s", "quit").status == .exited(0))
        try await eventually("the end of the daemon") { kill(pid, 0) != 0 }
    }

    /// Where the tests are not root's, `user` has no effect at the start nor later.
    @Test func `a process that gave up root's rights reads user as at its start`() async throws {
        let account = try #require(getpwnam("nobody")).pointee
        let group = String(cString: try #require(getgrgid(account.pw_gid)).pointee.gr_name)
        let program = try TestProgram(
            "user nobody \(group); pid n.pid; error_log e.log notice; %SERVER%", server: "listen 127.0.0.1:0; access_log a.log;")
        chmod(program.folder.path, 0o777)
        let process = try program.start()
        let port = try await program.port()
        process.signal(SIGHUP)
        try await program.await("configuration applied", in: "e.log")
        #expect(!program.contents("e.log").contains("take effect with a restart"))
        #expect(program.contents("e.log").contains("makes sense only if") == (geteuid() != 0))
        #expect(try await program.get(port: port).hasSuffix("hello"))
        guard geteuid() == 0 else {
            try await process.terminate()
            return
        }
        try program.folder.write(program.contents("t.conf").replacing("user nobody", with: "user daemon"), to: "t.conf")
        process.signal(SIGHUP)
        try await program.await("changes that take effect with a restart, directives: user\n", in: "e.log")
        // What a reload opens then is opened as that user.
        try program.folder.write(
            program.contents("t.conf").replacing("access_log a.log", with: "access_log /etc/push-stream-test.log"), to: "t.conf")
        process.signal(SIGHUP)
        try await program.await(
            "[emerg] \(process.pid)#0: open() \"/etc/push-stream-test.log\" failed (13: Permission denied)\n", in: "e.log")
        #expect(try await program.get(port: port).hasSuffix("hello"))
        #expect(try await process.terminate() == .exited(0))
    }

    @Test func `many reloads under load fail no request and lose no message`() async throws {
        let (program, process, server) = try await Self.start {
            $0.main = Self.main + "worker_processes 2;"
            $0.subscriber = "push_stream_message_template '<~text~>';"
        }
        let subscribers = [
            try await server.subscribe("/sub/a"), try await server.subscribe("/ev/a"),
            try await server.subscribe("/ws/a", fields: TestEngine.webSocketFields), try await server.subscribe("/sub/a/b"),
        ]
        let load = Load()
        async let published: Void = Self.publish(over: server, load)
        for round in 0..<20 {
            try await eventually("more messages") { load.count.load(ordering: .relaxed) > round * 10 }
            try await Self.reload(program, process, expecting: "configuration applied") {
                $0.main = Self.main + "worker_processes 2;"
                // Addresses come and go beside the one that is in use.
                $0.listens = round % 2 == 0 ? ["127.0.0.1:0", "127.0.0.2:0"] : ["127.0.0.1:0"]
                $0.subscriber = "push_stream_message_template '<\(round) ~text~>';"
            }
        }
        load.isOver.store(true, ordering: .relaxed)
        try await published
        let count = load.count.load(ordering: .relaxed)
        for subscriber in subscribers {
            let text = try await subscriber.wait(for: "<m\(count - 1)>")
            let messages = text.components(separatedBy: "<m").dropFirst().map { $0.prefix(while: \.isNumber) }
            #expect(messages.map(String.init) == (0..<count).map(String.init))
        }
        #expect(try await process.terminate() == .exited(0))
    }

    private final class Load: Sendable {
        /// Messages that are published.
        let count = Atomic(0)
        let isOver = Atomic(false)
    }

    /// Publishes one message after another: over one connection that stays, and each tenth over one of its own.
    private static func publish(over server: ProgramClient, _ load: Load) async throws {
        let client = try await RawClient(port: server.port)
        while !load.isOver.load(ordering: .relaxed) {
            let count = load.count.load(ordering: .relaxed)
            let text = "m\(count)"
            if count % 10 == 9 {
                #expect(try await server.publish(text, to: "a").hasPrefix("HTTP/1.1 200 OK\r\n"))
            } else {
                client.clear()
                try await client.send("POST /pub?id=a HTTP/1.1\r\nHost: t\r\nContent-Length: \(text.utf8.count)\r\n\r\n\(text)")
                #expect(try await client.wait(for: "\"subscribers\": ").hasPrefix("HTTP/1.1 200 OK\r\n"))
            }
            load.count.store(count + 1, ordering: .relaxed)
        }
    }
}

import Foundation
import PushTestSupport
import Testing

@testable import PushStreamServer

@Suite struct LogFileTests {
    private static let server = "listen 127.0.0.1:0; access_log %FOLDER%/pipe;"

    @Test(arguments: ["error_log e.log notice; %SERVER%", "error_log pipe; events {}"], [[], ["-t"]])
    func `a pipe that nobody reads is refused`(configuration: String, option: [String]) async throws {
        let program = try TestProgram(configuration, server: Self.server)
        #expect(mkfifo(program.folder.file("pipe"), 0o600) == 0)
        let process = try TestProcess(TestProgram.path, arguments: ["-p", program.folder.path, "-c", "t.conf"] + option)
        #expect(try await process.exit() == .exited(1))
        let errors = try await TestProgram.errors(of: process)
        #expect(errors.contains("[emerg] open() \"\(program.folder.path)/pipe\" failed (6: No such device or address)\n"))
    }

    @Test func `a reload with a pipe that nobody reads changes nothing, and signals are obeyed`() async throws {
        let program = try TestProgram("error_log e.log notice; %SERVER%", server: "listen 127.0.0.1:0; access_log a.log;")
        let process = try program.start()
        let port = try await program.port()
        #expect(mkfifo(program.folder.file("pipe"), 0o600) == 0)
        try program.folder.write(program.contents("t.conf").replacing("a.log", with: "pipe"), to: "t.conf")
        process.signal(SIGHUP)
        try await program.await("pipe\" failed (6: No such device or address)", in: "e.log")
        process.signal(SIGUSR1)
        try await program.await("reopened logs", in: "e.log")
        #expect(try await program.get(port: port).hasSuffix("hello"))
        try await program.await("GET / HTTP/1.1", in: "a.log")
        #expect(try await process.terminate() == .exited(0))
    }

    @Test func `a pipe gets lines while it is read, and its reader holds up nothing`() async throws {
        let program = try TestProgram(
            "error_log e.log notice; %SERVER%", server: Self.server + " keepalive_requests 10000;")
        #expect(mkfifo(program.folder.file("pipe"), 0o600) == 0)
        let reader = open(program.folder.file("pipe"), O_RDONLY | O_NONBLOCK)
        let process = try program.start()
        let port = try await program.port()
        #expect(try await program.get(port: port).hasSuffix("hello"))
        var bytes = [UInt8](repeating: 0, count: 4096)
        var line = ""
        try await eventually("a line in the pipe") {
            let count = read(reader, &bytes, bytes.count)
            line += String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
            return line.contains("\"GET / HTTP/1.1\" 200 5")
        }
        // More than a pipe holds.
        let client = try await RawClient(port: port)
        let target = "/" + String(repeating: "x", count: 500)
        try await client.send(String(repeating: "GET \(target) HTTP/1.1\r\nHost: t\r\n\r\n", count: 1000))
        try await client.wait { bytes, _ in bytes.occurrences(of: Array("hello".utf8)) == 1000 }
        close(reader)
        #expect(try await program.get(port: port).hasSuffix("hello"))
        await client.close()
        #expect(try await process.terminate() == .exited(0))
    }

    @Test func `the test of a configuration leaves no log files, and those that are there as they are`() async throws {
        let program = try TestProgram("error_log e.log; %SERVER%", server: "listen 127.0.0.1:0; access_log a.log;")
        let link = program.folder.file("a.log")
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: program.folder.file("none.log"))
        #expect(try await program.run("-t").status == .exited(0))
        for name in ["e.log", "a.log", "none.log"] {
            #expect(!FileManager.default.fileExists(atPath: program.folder.file(name)), "\(name)")
        }
        try program.folder.write("old\n", to: "e.log")
        #expect(try await program.run("-t").status == .exited(0))
        #expect(program.contents("e.log") == "old\n")
        // What the start would say.
        try program.folder.write("error_log none/e.log; events {}", to: "t.conf")
        let text = "[emerg] open() \"\(program.folder.path)/none/e.log\" failed (2: No such file or directory)\n"
        for options in [[], ["-t"]] {
            let process = try TestProcess(TestProgram.path, arguments: ["-p", program.folder.path, "-c", "t.conf"] + options)
            #expect(try await process.exit() == .exited(1))
            let errors = try await TestProgram.errors(of: process)
            #expect(errors.contains(text))
        }
    }

    @Test func `a log that cannot be opened again keeps none of the others from it`() async throws {
        let program = try TestProgram(
            "error_log gone/e.log notice; error_log e.log notice; %SERVER%",
            server: "listen 127.0.0.1:0; access_log gone/a.log; access_log a.log;")
        try FileManager.default.createDirectory(atPath: program.folder.file("gone"), withIntermediateDirectories: true)
        let process = try program.start()
        let port = try await program.port()
        let manager = FileManager.default
        for name in ["e.log", "a.log"] {
            try manager.moveItem(atPath: program.folder.file(name), toPath: program.folder.file("old-\(name)"))
        }
        try manager.moveItem(atPath: program.folder.file("gone"), toPath: program.folder.file("kept"))
        process.signal(SIGUSR1)
        for name in ["gone/e.log", "gone/a.log"] {
            let reason = "reason: open() \"\(program.folder.path)/\(name)\" failed (2: No such file or directory)"
            try await program.await(reason, in: "e.log")
        }
        #expect(try await program.get(port: port).hasSuffix("hello"))
        // The others go on where they were.
        for name in ["a.log", "kept/a.log"] { try await program.await("GET / HTTP/1.1", in: name) }
        #expect(!program.contents("old-a.log").contains("GET"))
        #expect(try await process.terminate() == .exited(0))
    }

    @Test func `a file is given to the user, but not through a link`() throws {
        let account = try #require(getpwnam("nobody")).pointee
        let user = ProcessUser(name: "nobody", userID: account.pw_uid, groupID: account.pw_gid)
        let folder = try TemporaryDirectory()
        for name in ["target", "first"] { try folder.write("", to: name) }
        try FileManager.default.createSymbolicLink(atPath: folder.file("symbolic"), withDestinationPath: folder.file("target"))
        try FileManager.default.linkItem(atPath: folder.file("first"), toPath: folder.file("second"))
        for name in ["plain", "symbolic", "second"] { try LogFile(.file(folder.file(name))).handOver(to: user) }
        func owner(_ name: String) -> UInt32 {
            var status = stat()
            return stat(folder.file(name), &status) == 0 ? status.st_uid : .max
        }
        // Only root may give files away.
        #expect(owner("plain") == (geteuid() == 0 ? user.userID : geteuid()))
        for name in ["target", "first"] { #expect(owner(name) == geteuid(), "\(name)") }
    }

    /// The stream began with the first configuration; its line is due when another one holds.
    @Test(arguments: [true, false])
    func `a stream's line goes to the log that was opened last, also after a reload`(staysTheSame: Bool) async throws {
        let text = { (log: String, status: Int) in
            ReloadingEngine.text {
                $0.main = "error_log e.log notice;"
                $0.http = "log_format f '$request_uri'; access_log \(log) f;"
                $0.server = "location = /x { return \(status); }"
            }
        }
        let program = try TestProgram(text("a.log", 201))
        let process = try program.start()
        let server = ProgramClient(port: try await program.port())
        let client = try await server.subscribe("/sub/a")
        try program.folder.write(text(staysTheSame ? "a.log" : "b.log", 202), to: "t.conf")
        process.signal(SIGHUP)
        try await program.await("configuration applied", in: "e.log")
        #expect(try await server.get("/x").hasPrefix("HTTP/1.1 202 "))
        try FileManager.default.moveItem(atPath: program.folder.file("a.log"), toPath: program.folder.file("old.log"))
        process.signal(SIGUSR1)
        try await program.await("reopened logs", in: "e.log")
        await client.close()
        try await program.await("/sub/a\n", in: "a.log")
        #expect(!program.contents("old.log").contains("/sub/a"))
        try await program.await("/x\n", in: staysTheSame ? "old.log" : "b.log")
        #expect(try await process.terminate() == .exited(0))
    }

    @Test func `a reload opens files again, and one that is refused leaves them`() async throws {
        try await ReloadingEngine.run { engine in
            let folder = try TemporaryDirectory()
            let http = "log_format f '$request_uri'; access_log \(folder.file("a")) f buffer=32k;"
            try await engine.reload { $0.http = http }
            _ = try await engine.server.get("/one")
            await #expect(throws: EngineError.self) {
                try await engine.reload { $0.http = http + "access_log \(folder.file("none/b"));" }
            }
            _ = try await engine.server.get("/two")
            try FileManager.default.moveItem(atPath: folder.file("a"), toPath: folder.file("old"))
            try await engine.reload { $0.http = http }
            #expect(try folder.read("old") == "/one\n/two\n")
            _ = try await engine.server.get("/three")
            try engine.server.engine.reopenLogs()
            #expect(try folder.read("a") == "/three\n")
        }
    }
}

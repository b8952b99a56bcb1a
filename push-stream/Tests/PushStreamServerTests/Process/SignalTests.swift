import Foundation
import PushTestSupport
import Testing

@testable import PushStreamServer

@Suite struct SignalTests {
    @Test func `signals that mean nothing here are told or ignored`() async throws {
        let program = try TestProgram("error_log e.log notice; %SERVER%")
        let process = try program.start()
        let port = try await program.port()
        for number in [SIGPIPE, SIGWINCH, SIGUSR2] { process.signal(number) }
        try await program.await("[warn] \(process.pid)#0: signal USR2 received, ignored", in: "e.log")
        #expect(try await program.get(port: port).hasSuffix("hello"))
        #expect(try await process.terminate() == .exited(0))
    }

    /// The configuration comes from a pipe, so that the start lasts as long as the test wants.
    @Test func `signals that come during the start are obeyed after it`() async throws {
        let program = try TestProgram("error_log e.log notice; include pipe; %SERVER%")
        #expect(mkfifo(program.folder.file("pipe"), 0o600) == 0)
        let process = try program.start()
        var pipe: Int32 = -1
        // Opens when the process has opened its end.
        try await eventually("the process reads its configuration") {
            pipe = open(program.folder.file("pipe"), O_WRONLY | O_NONBLOCK)
            return pipe >= 0
        }
        process.signal(SIGUSR1)
        process.signal(SIGUSR2)
        #expect(process.status == nil)
        #expect(write(pipe, "worker_processes 1;\n", 20) == 20)
        close(pipe)
        try await program.await("reopened logs", in: "e.log")
        try await program.await("signal USR2 received", in: "e.log")
        #expect(try await process.terminate() == .exited(0))
    }

    @Test func `a start that hangs can be ended`() async throws {
        let program = try TestProgram("include pipe; %SERVER%")
        #expect(mkfifo(program.folder.file("pipe"), 0o600) == 0)
        let process = try program.start()
        var pipe: Int32 = -1
        try await eventually("the process reads its configuration") {
            pipe = open(program.folder.file("pipe"), O_WRONLY | O_NONBLOCK)
            return pipe >= 0
        }
        process.signal(SIGINT)
        #expect(try await process.exit() == .signalled(SIGINT))
        close(pipe)
    }

    @Test func `of signals that wait the last ones are obeyed`() async throws {
        let (events, continuation) = SignalStream.makeEvents()
        for _ in 0..<20 { continuation.yield(.reopen) }
        continuation.yield(.stop)
        continuation.finish()
        var waiting: [SignalStream.Event] = []
        for await event in events { waiting.append(event) }
        #expect(waiting == Array(repeating: .reopen, count: 15) + [.stop])
    }

    @Test func `TERM cuts the grace period of QUIT short, and streams get their lines in the log`() async throws {
        let program = try TestProgram(
            ReloadingEngine.text {
                $0.main = "error_log e.log notice; pid n.pid; worker_shutdown_timeout 1h;"
                $0.http = "log_format f '$request_uri'; access_log a.log f buffer=32k;"
            })
        let process = try program.start()
        let server = ProgramClient(port: try await program.port())
        var clients: [RawClient] = []
        for channel in ["a", "b", "c", "d"] { clients.append(try await server.subscribe("/sub/\(channel)")) }
        process.signal(SIGQUIT)
        try await program.await("signal QUIT received, gracefully shutting down", in: "e.log")
        #expect(process.status == nil)
        process.signal(SIGTERM)
        #expect(try await process.exit() == .exited(0))
        #expect(program.contents("e.log").contains("signal TERM or INT received, not waiting for subscribers\n"))
        for channel in ["a", "b", "c", "d"] { #expect(program.contents("a.log").contains("/sub/\(channel)\n")) }
        #expect(!FileManager.default.fileExists(atPath: program.folder.file("n.pid")))
        for client in clients { try await client.waitForClose() }
    }

    /// The certificate of the new configuration comes from a pipe that nobody writes.
    @Test(arguments: [SIGTERM, SIGQUIT])
    func `a process that waits for a reload is ended by further signals`(first: Int32) async throws {
        let program = try TestProgram("error_log e.log notice; %SERVER%")
        let process = try program.start()
        _ = try await program.port()
        #expect(mkfifo(program.folder.file("pipe"), 0o600) == 0)
        let tls = "server { listen 127.0.0.1:0 ssl; ssl_certificate pipe; ssl_certificate_key pipe; }"
        try program.folder.write(program.contents("t.conf").replacing("http {", with: "http { \(tls)"), to: "t.conf")
        process.signal(SIGHUP)
        var pipe: Int32 = -1
        try await eventually("the process reads its certificate") {
            pipe = open(program.folder.file("pipe"), O_WRONLY | O_NONBLOCK)
            return pipe >= 0
        }
        process.signal(SIGUSR1)
        try await program.await("reopened logs", in: "e.log")
        process.signal(first)
        try await program.await(first == SIGTERM ? "TERM or INT received, exiting" : "QUIT received", in: "e.log")
        process.signal(SIGTERM)
        try await program.await("TERM or INT received, not waiting for subscribers", in: "e.log")
        #expect(process.status == nil)
        process.signal(SIGTERM)
        #expect(try await process.exit() == .exited(1))
        #expect(program.contents("e.log").contains("TERM or INT received again, not waiting for the end\n"))
        close(pipe)
    }

    @Test func `TERM that comes before a late drain begins counts for it`() async throws {
        try await TestEngine.run { server in
            for _ in 0..<3 { _ = try await server.subscribe("/ev/a") }
            server.engine.cutShort()
            await server.engine.shutdown(gracePeriod: .seconds(3600))
        }
    }
}

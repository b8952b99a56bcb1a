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
}

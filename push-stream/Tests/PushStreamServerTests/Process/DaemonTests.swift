import Foundation
import PushTestSupport
import Testing

@testable import PushStreamServer

@Suite struct DaemonTests {
    @Test func `the caller ends when the daemon serves, and leaves it alone with its session`() async throws {
        let program = try TestProgram("daemon on; pid n.pid; error_log e.log notice; %SERVER%")
        let caller = try program.start()
        #expect(try await caller.exit() == .exited(0))
        // All is there when the caller has ended: no poll.
        let pid = try PIDFile(path: program.folder.file("n.pid")).read()
        defer { kill(pid, SIGKILL) }
        #expect(pid != caller.pid && getsid(pid) == pid)
        #expect(try await program.get(port: program.port()).hasSuffix("hello"))
        for (descriptor, target) in [(0, "/dev/null"), (1, "/dev/null"), (2, program.folder.file("e.log"))] {
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/fd/\(descriptor)") == target)
        }
        #expect(try await TestProgram.errors(of: caller).isEmpty)
        // Its standard error follows the log.
        try FileManager.default.moveItem(atPath: program.folder.file("e.log"), toPath: program.folder.file("old.log"))
        #expect(try await program.run("-s", "reopen").status == .exited(0))
        try await program.await("reopened logs", in: "e.log")
        let errors = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/fd/2")
        #expect(errors == program.folder.file("e.log"))
        #expect(try await program.run("-s", "quit").status == .exited(0))
        try await eventually("the end of the daemon") { kill(pid, 0) != 0 }
        #expect(!FileManager.default.fileExists(atPath: program.folder.file("n.pid")))
    }

    @Test func `the caller tells why the daemon does not serve`() async throws {
        let first = try TestProgram("error_log e.log notice; %SERVER%")
        let running = try first.start()
        let port = try await first.port()
        let second = try TestProgram(
            "daemon on; pid n.pid; error_log e.log notice; %SERVER%", server: "listen 127.0.0.1:\(port);")
        let (status, errors) = try await second.run()
        #expect(status == .exited(1))
        #expect(errors == "push-stream: [emerg] bind() to 127.0.0.1:\(port) failed (98: Address already in use)\n")
        #expect(!FileManager.default.fileExists(atPath: second.folder.file("n.pid")))
        #expect(try await first.get(port: port).hasSuffix("hello"))
        try await running.terminate()
    }

    @Test func `a wrong file is told without a daemon`() async throws {
        let program = try TestProgram("daemon on;\nfoo;")
        let (status, errors) = try await program.run()
        #expect(status == .exited(1))
        #expect(errors == "push-stream: [emerg] unknown directive \"foo\" in \(program.folder.path)/t.conf:2\n")
    }

    @Test func `a daemon that cannot be found again is warned about`() async throws {
        let program = try TestProgram("daemon on; %SERVER%")
        let (status, errors) = try await program.run("-t")
        #expect(status == .exited(0))
        #expect(
            errors.contains("[warn] no \"pid\" directive: \"-s\" will not find the daemon in \(program.folder.path)/t.conf:1\n"))
    }
}

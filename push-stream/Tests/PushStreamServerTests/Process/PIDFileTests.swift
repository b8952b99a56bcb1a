import Foundation
import PushTestSupport
import Testing

@testable import PushStreamServer

@Suite struct PIDFileTests {
    @Test func `a second server with the same pid file is refused, and the first lives`() async throws {
        let program = try TestProgram("pid n.pid; error_log e.log notice; %SERVER%")
        let first = try program.start()
        let port = try await program.port()
        let (status, errors) = try await program.run()
        #expect(status == .exited(1))
        #expect(
            errors
                == "push-stream: [emerg] push-stream already runs with process id \(first.pid): it holds \"\(program.folder.path)/n.pid\"\n"
        )
        #expect(try PIDFile(path: program.folder.file("n.pid")).owner() == first.pid)
        #expect(try await program.get(port: port).hasSuffix("hello"))
        #expect(program.contents("e.log").split(separator: "started").count == 2)
        try await first.terminate()
    }

    @Test func `a second server with the same port changes nothing of the first`() async throws {
        let program = try TestProgram("pid n.pid; error_log e.log notice; %SERVER%")
        let first = try program.start()
        let port = try await program.port()
        let other = try TestProgram("pid n.pid; %SERVER%", server: "listen 127.0.0.1:\(port);")
        let (status, errors) = try await other.run()
        #expect(status == .exited(1))
        #expect(errors == "push-stream: [emerg] bind() to 127.0.0.1:\(port) failed (98: Address already in use)\n")
        #expect(try await program.get(port: port).hasSuffix("hello"))
        try await first.terminate()
    }

    @Test(arguments: [[], ["-t"]])
    func `a missing folder is told before anything is served`(option: [String]) async throws {
        let program = try TestProgram("pid none/n.pid; error_log e.log notice; %SERVER%")
        let process = try TestProcess(TestProgram.path, arguments: ["-p", program.folder.path, "-c", "t.conf"] + option)
        #expect(try await process.exit() == .exited(1))
        let errors = try await TestProgram.errors(of: process)
        #expect(errors.contains("[emerg] open() \"\(program.folder.path)/none/n.pid\" failed (2: No such file or directory)\n"))
        #expect(!program.contents("e.log").contains("started"))
    }

    @Test func `the test of a configuration leaves no pid file`() async throws {
        let program = try TestProgram("pid n.pid; %SERVER%")
        #expect(try await program.run("-t").status == .exited(0))
        #expect(!FileManager.default.fileExists(atPath: program.folder.file("n.pid")))
    }

    @Test func `a file that was left behind is no obstacle, and nobody is signalled by it`() async throws {
        let program = try TestProgram("pid n.pid; error_log e.log notice; %SERVER%")
        let killed = try program.start()
        _ = try await program.port()
        killed.signal(SIGKILL)
        try await killed.exit()
        let stale =
            "is stale: no running push-stream has it, so nothing was signalled; remove the file if no other program needs it"
        let (status, errors) = try await program.run("-s", "stop")
        #expect(status == .exited(1))
        #expect(errors == "push-stream: [error] process id \(killed.pid) in \"\(program.folder.path)/n.pid\" \(stale)\n")
        // Another program has the number now.
        let bystander = try TestProcess("sleep", arguments: ["600"])
        try program.folder.write("\(bystander.pid)\n", to: "n.pid")
        #expect(try await program.run("-s", "stop").status == .exited(1))
        #expect(bystander.status == nil)
        try FileManager.default.removeItem(atPath: program.folder.file("e.log"))
        let next = try program.start()
        _ = try await program.port()
        #expect(try PIDFile(path: program.folder.file("n.pid")).owner() == next.pid)
        #expect(try await next.terminate() == .exited(0))
        bystander.signal(SIGKILL)
    }

    @Test func `no number is told as nginx tells it`() async throws {
        let program = try TestProgram("pid n.pid; %SERVER%")
        try program.folder.write("x\n", to: "n.pid")
        let (status, errors) = try await program.run("-s", "stop")
        #expect(status == .exited(1))
        #expect(errors == "push-stream: [error] invalid PID number \"x\" in \"\(program.folder.path)/n.pid\"\n")
    }

    @Test func `the file stays this process's when it is opened again`() throws {
        let folder = try TemporaryDirectory()
        let file = PIDFile(path: folder.file("n.pid"))
        try file.write()
        #expect(try file.read() == getpid())
        #expect(try PIDFile(path: folder.file("n.pid")).owner() == getpid())
        #expect(throws: PIDFile.Failure.self) { try PIDFile(path: folder.file("n.pid")).acquire() }
        #expect(file.isHeld(at: folder.file("./n.pid")) && !file.isHeld(at: folder.file("other.pid")))
        file.remove()
        #expect(!file.isHeld(at: folder.file("n.pid")))
        #expect(!FileManager.default.fileExists(atPath: folder.file("n.pid")))
    }

    @Test(arguments: ["./n.pid", "%FOLDER%/link/n.pid"])
    func `a reload with another name of the same file leaves it where it is`(name: String) async throws {
        let program = try TestProgram("pid n.pid; error_log e.log notice; %SERVER%")
        let folder = program.folder
        try FileManager.default.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: folder.path)
        let process = try program.start()
        _ = try await program.port()
        let name = name.replacing("%FOLDER%", with: folder.path)
        try folder.write(program.contents("t.conf").replacing("pid n.pid", with: "pid \(name)"), to: "t.conf")
        process.signal(SIGHUP)
        try await program.await("configuration applied", in: "e.log")
        #expect(try PIDFile(path: folder.file("n.pid")).owner() == process.pid)
        #expect(try await program.run().errors.contains("push-stream already runs with process id \(process.pid)"))
        #expect(try await program.run("-s", "quit").status == .exited(0))
        #expect(try await process.exit() == .exited(0))
        #expect(!FileManager.default.fileExists(atPath: folder.file("n.pid")))
    }

    /// The certificate comes from a pipe, so that the start lasts as long as the test wants.
    @Test func `a number that was left behind is not signalled while a server starts`() async throws {
        let program = try TestProgram(
            "pid n.pid; %SERVER%",
            server: "listen 127.0.0.1:0 ssl; ssl_certificate %FOLDER%/pipe; ssl_certificate_key %FOLDER%/pipe;")
        #expect(mkfifo(program.folder.file("pipe"), 0o600) == 0)
        let bystander = try TestProcess("sleep", arguments: ["600"])
        try program.folder.write("\(bystander.pid)\n", to: "n.pid")
        let process = try program.start()
        var pipe: Int32 = -1
        try await eventually("the process reads its certificate") {
            pipe = open(program.folder.file("pipe"), O_WRONLY | O_NONBLOCK)
            return pipe >= 0
        }
        let (status, errors) = try await program.run("-s", "stop")
        #expect(status == .exited(1))
        #expect(errors == "push-stream: [error] invalid PID number \"\" in \"\(program.folder.path)/n.pid\"\n")
        #expect(bystander.status == nil && process.status == nil)
        for process in [bystander, process] { process.signal(SIGKILL) }
        close(pipe)
    }
}

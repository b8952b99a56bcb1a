import PushTestSupport
import Testing

@testable import PushStreamServer

@Suite struct OptionTests {
    @Test func `-V tells what a report of a fault needs`() async throws {
        let (status, errors) = try await TestProgram("").run("-V")
        #expect(status == .exited(0))
        #expect(errors.hasPrefix("push-stream version: push-stream/\(EngineVersion.number)\n"))
        #expect(errors.contains("directives of the Nginx Push Stream module 0.6.0\n"))
        #expect(errors.contains(/built by Swift 6\.\d.* \((debug|release)\) for .+\n/))
        #expect(errors.contains(/built with PCRE2 \d+\.\d+/))
    }

    @Test func `-g and the file may not say the same twice`() async throws {
        let program = try TestProgram("daemon on; %SERVER%")
        let (status, errors) = try await program.run("-g", "daemon off;", "-t")
        let file = program.folder.file("t.conf")
        #expect(status == .exited(1))
        #expect(
            errors == """
                push-stream: [emerg] "daemon" directive is duplicate in \(file):1
                push-stream: configuration file \(file) test failed

                """)
    }

    @Test func `-e is where errors go unless the configuration says it`() async throws {
        let silent = try TestProgram("%SERVER%")
        let first = try silent.start("-e", "e.log", "-g", "worker_processes 1;")
        try await eventually("the log of -e is there") { (try? silent.folder.read("e.log")) != nil }
        try await first.terminate()
        let saying = try TestProgram("error_log stderr notice; %SERVER%")
        let second = try saying.start("-e", "e.log")
        try await second.line(containing: "push-stream \(EngineVersion.number) started, pid: \(second.pid), event loops: 1")
        #expect((try? saying.folder.read("e.log")) == nil)
        try await second.terminate()
    }

    @Test func `-s without a pid directive says what to do`() async throws {
        let (status, errors) = try await TestProgram("%SERVER%").run("-s", "stop")
        #expect(status == .exited(1))
        #expect(errors.contains("[error] no \"pid\" directive in ") && errors.contains("send the process the signal yourself"))
    }
}

import Foundation
import PushTestSupport
import Testing

@testable import PushService

@Suite struct ChildProcessTests {
    @Test func tellsHowTheChildEnded() async throws {
        let temporary = try TemporaryDirectory()
        let output = "\(temporary.path)/output"
        let child = try await ChildProcess.start(
            program: "/bin/sh", arguments: ["-c", "echo out; echo err >&2; exit 3"], outputFile: output)
        #expect(await child.waitForEnd() == .exited(3))
        #expect(await child.waitForEnd() == .exited(3))
        #expect(try String(contentsOfFile: output, encoding: .utf8) == "out\nerr\n")
    }

    @Test func endsTheChildBySignal() async throws {
        let temporary = try TemporaryDirectory()
        let child = try await ChildProcess.start(
            program: "/bin/sleep", arguments: ["600"], outputFile: "\(temporary.path)/output")
        child.send(SIGTERM)
        #expect(await child.waitForEnd() == .signalled(SIGTERM))
        // A number that may belong to another process by now is not signalled.
        child.send(SIGTERM)
    }

    @Test func givesTheChildAGroupOfItsOwn() async throws {
        let temporary = try TemporaryDirectory()
        let child = try await ChildProcess.start(
            program: "/bin/sleep", arguments: ["600"], outputFile: "\(temporary.path)/output")
        #expect(getpgid(child.processID) == child.processID)
        child.send(SIGKILL)
        #expect(await child.waitForEnd() == .signalled(SIGKILL))
    }

    @Test func saysWhatCannotBeStarted() async throws {
        let temporary = try TemporaryDirectory()
        let program = "\(temporary.path)/missing"
        let child = try? await ChildProcess.start(
            program: program, arguments: [], outputFile: "\(temporary.path)/output")
        // With setpriv in between, the failure is that of the child.
        if let child { #expect(await child.waitForEnd() != .exited(0)) }
    }

    @Test func findsProgramsInThePath() throws {
        let temporary = try TemporaryDirectory()
        #expect(findProgram("sh", path: "\(temporary.path):/bin") == "/bin/sh")
        #expect(findProgram("sh", path: temporary.path) == nil)
        #expect(findProgram("sh", path: nil) == nil)
    }
}

import Foundation
import Testing

@testable import PushStreamServer

/// The program itself, as a process.
@Suite struct ProgramTests {
    private struct Result {
        var status: Int32
        var output: String
        var errors: String
    }

    /// The tests and the program are built into the same folder.
    private static let program =
        Bundle.main.executableURL.map { $0.deletingLastPathComponent().appending(path: "push-stream") }
        .flatMap { FileManager.default.isExecutableFile(atPath: $0.path) ? $0 : nil }
        ?? URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "push-stream")

    private let folder: URL

    init() throws {
        self.folder = FileManager.default.temporaryDirectory.appending(path: "push-stream-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
    }

    private func write(_ text: String) throws -> String {
        let file = self.folder.appending(path: "t.conf")
        try Data(text.utf8).write(to: file)
        return file.path
    }

    private func start(_ arguments: [String]) throws -> (Process, output: Pipe, errors: Pipe) {
        let process = Process()
        let (output, errors) = (Pipe(), Pipe())
        process.executableURL = Self.program
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        return (process, output, errors)
    }

    private func run(_ arguments: String...) throws -> Result {
        let (process, output, errors) = try self.start(arguments)
        // What it prints fits in a pipe.
        process.waitUntilExit()
        return Result(
            status: process.terminationStatus,
            output: String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self),
            errors: String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self))
    }

    @Test func `a right file is told and dumped`() throws {
        let path = try self.write("events {}\n")
        let test = try self.run("-t", "-c", path)
        #expect(test.status == 0 && test.output.isEmpty)
        #expect(
            test.errors == """
                push-stream: the configuration file \(path) syntax is ok
                push-stream: configuration file \(path) test is successful

                """)
        #expect(try self.run("-qt", "-c", path).errors.isEmpty)
        #expect(try self.run("-qT", "-c", path).output == "# configuration file \(path):\nevents {}\n\n")
    }

    @Test func `a wrong file is told with its line`() throws {
        let path = try self.write("events {}\nhttp {\n  foo;\n}\n")
        let test = try self.run("-t", "-c", path)
        #expect(test.status == 1)
        #expect(
            test.errors == """
                push-stream: [emerg] unknown directive "foo" in \(path):3
                push-stream: configuration file \(path) test failed

                """)
        let start = try self.run("-c", path)
        #expect(start.status == 1 && start.errors == "push-stream: [emerg] unknown directive \"foo\" in \(path):3\n")
    }

    @Test func `version, help and wrong options`() throws {
        #expect(try self.run("-v").errors == "push-stream version: push-stream/\(EngineVersion.number)\n")
        let help = try self.run("-h")
        #expect(help.status == 0 && help.errors.contains("Usage: push-stream"))
        let wrong = try self.run("-x")
        #expect(wrong.status == 1 && wrong.errors == "push-stream: invalid option: \"x\"\n")
    }

    @Test func `a server that is not there cannot be signalled`() throws {
        let path = try self.write("pid \(self.folder.path)/none.pid; events {}")
        let result = try self.run("-s", "stop", "-c", path)
        #expect(result.status == 1)
        #expect(
            result.errors
                == "push-stream: [error] open() \"\(self.folder.path)/none.pid\" failed (2: No such file or directory)\n")
    }

    @Test(arguments: ["stop", "quit"])
    func `it serves until it is told to end`(signal: String) throws {
        let path = try self.write(
            """
            pid n.pid; error_log e.log notice; worker_shutdown_timeout 2s; events {}
            http { access_log a.log; server { listen unix:\(self.folder.path)/s; location / { return 200 hello; } } }
            """)
        let prefix = self.folder.path
        let (process, _, errors) = try self.start(["-p", prefix, "-c", path])
        try Self.poll {
            FileManager.default.fileExists(atPath: "\(prefix)/n.pid") && (try? PIDFile(path: "\(prefix)/n.pid").read()) != nil
        }
        #expect(try PIDFile(path: "\(prefix)/n.pid").read() == process.processIdentifier)
        try FileManager.default.moveItem(atPath: "\(prefix)/e.log", toPath: "\(prefix)/old.log")
        #expect(try self.run("-s", "reopen", "-p", prefix, "-c", path).status == 0)
        try Self.poll { (try? String(contentsOfFile: "\(prefix)/e.log", encoding: .utf8))?.contains("reopened logs") == true }
        #expect(try self.run("-s", signal, "-p", prefix, "-c", path).status == 0)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 0)
        #expect(!FileManager.default.fileExists(atPath: "\(prefix)/n.pid"))
        #expect(try errors.fileHandleForReading.readToEnd() == nil)
        #expect(try String(contentsOfFile: "\(prefix)/old.log", encoding: .utf8).contains("[notice]"))
    }

    private struct DeadlineExceeded: Error {}

    /// Looks again until it holds, for a minute at most.
    private static func poll(_ condition: () -> Bool) throws {
        let end = Date().addingTimeInterval(60)
        while !condition() {
            guard Date() < end else { throw DeadlineExceeded() }
            usleep(5000)
        }
    }
}

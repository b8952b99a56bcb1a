import Foundation
import PushTestSupport
import Testing

@testable import PushStreamServer

/// The program push-stream as a process, with a folder of its own as its prefix.
final class TestProgram: Sendable {
    /// The tests and the program are built into the same folder.
    static let path: String = {
        let beside = Bundle.main.executableURL?.deletingLastPathComponent().appending(path: "push-stream").path
        if let beside, FileManager.default.isExecutableFile(atPath: beside) { return beside }
        return URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "push-stream").path
    }()

    let folder: TemporaryDirectory

    /// - Parameter configuration: of the main level; `%SERVER%` stands for a server that answers "hello" on a free port, `%FOLDER%` for the folder.
    init(_ configuration: String, server: String = "listen 127.0.0.1:0;") throws {
        self.folder = try TemporaryDirectory()
        try self.folder.write(
            configuration.replacing(
                "%SERVER%", with: "events {} http { server { \(server) location / { return 200 hello; } } }"
            ).replacing("%FOLDER%", with: self.folder.path), to: "t.conf")
    }

    /// Starts the program with this configuration.
    func start(_ arguments: String...) throws -> TestProcess {
        try TestProcess(Self.path, arguments: ["-p", self.folder.path, "-c", "t.conf"] + arguments)
    }

    /// Runs it to its end.
    ///
    /// - Returns: the exit status, and what it wrote to standard error.
    func run(_ arguments: String...) async throws -> (status: PushTestSupport.ExitStatus, errors: String) {
        let process = try TestProcess(Self.path, arguments: ["-p", self.folder.path, "-c", "t.conf"] + arguments)
        let status = try await process.exit()
        return (status, try await Self.errors(of: process))
    }

    /// All that a process has written to standard error when it has ended.
    static func errors(of process: TestProcess) async throws -> String {
        do {
            try await process.line { _ in false }
        } catch is ProcessEnded {
            // Both streams are closed.
        }
        return process.lines.filter { $0.stream == .standardError }.map { $0.text + "\n" }.joined()
    }

    /// A file of the folder, empty if it is not there.
    func contents(_ name: String) -> String { (try? self.folder.read(name)) ?? "" }

    /// Waits until a file of the folder holds a text.
    func await(_ text: String, in name: String) async throws {
        try await eventually("\"\(text)\" in \(name)") { self.contents(name).contains(text) }
    }

    /// The port of the first listener, from a log of level notice.
    func port(log name: String = "e.log") async throws -> Int {
        try await self.await("listening, address: 127.0.0.1:", in: name)
        let text = self.contents(name).split(separator: "listening, address: 127.0.0.1:").last ?? ""
        return try #require(Int(text.prefix(while: \.isNumber)))
    }

    /// The answer of the server to one request.
    func get(port: Int) async throws -> String {
        let client = try await RawClient(port: port)
        try await client.send("GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
        let answer = try await client.waitForClose()
        await client.close()
        return answer
    }
}

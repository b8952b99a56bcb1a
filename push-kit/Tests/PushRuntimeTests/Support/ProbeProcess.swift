import Foundation
import NIOPosix

/// The probe program as a process.
final class ProbeProcess: Sendable {
    struct Ending: Sendable {
        let status: Int32
        let reason: Process.TerminationReason
        let output: String
        let errors: String
    }

    private let process = Process()
    private let output = Pipe()
    private let errors = Pipe()

    init(_ arguments: String..., environment: [String: String] = [:]) throws {
        let directory = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        process.executableURL = directory.appending(path: "PushRuntimeProbe")
        process.arguments = arguments
        process.environment = environment
        process.standardOutput = output
        process.standardError = errors
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    /// Returns when the probe has written `started`.
    func waitForStart() async throws -> String {
        let handle = output.fileHandleForReading
        return try await withDeadline {
            try await Self.blocking {
                var text = ""
                while !text.contains("started\n") {
                    let data = handle.availableData
                    if data.isEmpty { break }
                    text += String(decoding: data, as: UTF8.self)
                }
                return text
            }
        }
    }

    func residentBytes() throws -> Int {
        let statm = try String(contentsOfFile: "/proc/\(process.processIdentifier)/statm", encoding: .utf8)
        return (Int(statm.split(separator: " ")[1]) ?? 0) * Int(getpagesize())
    }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    func ending() async throws -> Ending {
        try await withDeadline { [process, output, errors] in
            try await Self.blocking {
                let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
                let errors = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
                process.waitUntilExit()
                return Ending(status: process.terminationStatus, reason: process.terminationReason, output: text, errors: errors)
            }
        }
    }

    /// Blocking calls get threads of their own: the tests' tasks share few.
    private static func blocking<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await NIOThreadPool.singleton.runIfActive(body)
    }
}

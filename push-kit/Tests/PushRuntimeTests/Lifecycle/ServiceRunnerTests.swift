import Foundation
import NIOCore
import NIOPosix
import PushRuntime
import Testing

/// The probe program as a process.
private final class ProbeProcess: Sendable {
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

@Suite struct ServiceRunnerTests {
    @Test(arguments: [SIGTERM, SIGINT]) func drainsInReverseOrderAndExitsWithZero(_ signal: Int32) async throws {
        let probe = try ProbeProcess("polite")
        let start = try await probe.waitForStart()
        probe.signal(signal)
        let ending = try await probe.ending()
        #expect(ending.status == 0)
        #expect(ending.reason == .exit)
        let stops = (start + ending.output).split(separator: "\n").filter { $0.hasSuffix("stopped") && !$0.contains("{") }
        #expect(Array(stops.prefix(2)) == ["last stopped", "first stopped"])
        #expect(ending.errors == "")
    }

    @Test func cancelsPastTheDeadline() async throws {
        let probe = try ProbeProcess("ignores-drain")
        _ = try await probe.waitForStart()
        probe.signal(SIGTERM)
        let ending = try await probe.ending()
        #expect(ending.status == 1)
        #expect(ending.reason == .exit)
        #expect(ending.errors == ("probe: services did not stop within 300ms and were cancelled\n"))
    }

    @Test func exitsWhenCancellationIsIgnored() async throws {
        let probe = try ProbeProcess("ignores-cancellation")
        _ = try await probe.waitForStart()
        probe.signal(SIGTERM)
        let ending = try await probe.ending()
        #expect(ending.status == 1)
        #expect(ending.reason == .exit)
        #expect(ending.errors == ("probe: services ignored their cancellation, exiting\n"))
    }

    @Test func secondSignalExitsAtOnce() async throws {
        let probe = try ProbeProcess("second-signal")
        _ = try await probe.waitForStart()
        let clock = ContinuousClock()
        let duration = try await clock.measure {
            // Two different signals: two equal ones that arrive together may count as one.
            probe.signal(SIGTERM)
            probe.signal(SIGINT)
            let ending = try await probe.ending()
            #expect(ending.status == 128 + SIGINT || ending.status == 128 + SIGTERM)
            #expect(ending.reason == .exit)
        }
        #expect(duration < .seconds(10))
    }

    @Test func failureIsOneLine() async throws {
        let ending = try await ProbeProcess("fails").ending()
        #expect(ending.status == 1)
        #expect(ending.errors == ("probe: cannot find the data directory (set data.directory)\n"))
    }

    @Test func unexpectedEndIsAFailure() async throws {
        let ending = try await ProbeProcess("ends").ending()
        #expect(ending.status == 1)
        #expect(ending.errors == ("probe: last ended unexpectedly\n"))
    }

    @Test func configurationErrorIsReported() async throws {
        let ending = try await ProbeProcess("polite", environment: ["PROBE_LOG__LEVEL": "loud"]).ending()
        #expect(ending.status == 1)
        #expect(ending.errors.hasPrefix("probe: configuration: log.level (PROBE_LOG__LEVEL): expected one of trace"))
    }

    @Test func takenPortIsOneClearLine() async throws {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton).bind(host: "127.0.0.1", port: 0)
            .get()
        let port = try #require(listener.localAddress?.port)
        let ending = try await ProbeProcess("listen", "\(port)").ending()
        #expect(ending.status == 1)
        #expect(
            ending.errors
                == "probe: cannot listen on 127.0.0.1:\(port): address already in use (set server.port to another port)\n")
        try await listener.close()
    }

    @Test func listenerDrains() async throws {
        let probe = try ProbeProcess("listen")
        _ = try await probe.waitForStart()
        probe.signal(SIGTERM)
        #expect(try await probe.ending().status == 0)
    }
}

@Suite struct StartupErrorTests {
    @Test func bindErrorsAreExplained() {
        func text(_ code: CInt, host: String = "0.0.0.0") -> String {
            StartupError.cannotListen(host: host, port: 80, key: "server.port", IOError(errnoCode: code, reason: "bind"))
                .description
        }
        #expect(
            text(EACCES)
                == "cannot listen on 0.0.0.0:80: permission denied (ports below 1024 need a privilege; set server.port to a higher port)"
        )
        #expect(text(EADDRINUSE, host: "::1").hasPrefix("cannot listen on [::1]:80: address already in use"))
        #expect(text(EADDRNOTAVAIL).hasSuffix("(no interface of this machine has this address)"))
        #expect(text(ENOBUFS) == "cannot listen on 0.0.0.0:80: no buffer space available")
    }
}

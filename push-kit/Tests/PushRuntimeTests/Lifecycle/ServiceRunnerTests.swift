import Foundation
import NIOCore
import NIOPosix
import PushRuntime
import Testing

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
        // Two different signals: two equal ones that arrive together may count as one.
        probe.signal(SIGTERM)
        probe.signal(SIGINT)
        // The first one alone would wait ten minutes for the services.
        let ending = try await probe.ending()
        #expect(ending.status == 128 + SIGINT || ending.status == 128 + SIGTERM)
        #expect(ending.reason == .exit)
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

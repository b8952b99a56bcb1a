import Foundation
import Logging
import NIOPosix
import Testing

@testable import PushRuntime

/// Collects what a sink writes to a pipe.
private func lines(
    _ format: LogFormat, level: Logger.Level = .trace, _ body: (inout Logger) -> Void
) -> [String] {
    let pipe = Pipe()
    let sink = LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
    var logger = Logger(label: "push-api") { LineLogHandler(label: $0, level: level, format: format, sink: sink) }
    body(&logger)
    pipe.fileHandleForWriting.closeFile()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
}

@Suite struct LoggingTests {
    @Test func jsonLineHasTheFields() throws {
        let lines = lines(.json) { logger in
            logger[metadataKey: "agent"] = "a1"
            logger.info(
                "started",
                metadata: [
                    "port": .stringConvertible(8080), "ok": .stringConvertible(true), "level": "mine",
                    "list": ["x", .stringConvertible(1.5)], "nested": ["b": "2", "a": "1"],
                ])
        }
        #expect(lines.count == 1)
        let object = try #require(JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
        #expect(object["level"] as? String == "info")
        #expect(object["logger"] as? String == "push-api")
        #expect(object["message"] as? String == "started")
        #expect(object["agent"] as? String == "a1")
        #expect(object["port"] as? Int == 8080)
        #expect(object["ok"] as? Bool == true)
        #expect(object["metadata.level"] as? String == "mine")
        #expect((object["nested"] as? [String: String]) == ["a": "1", "b": "2"])
        let time = try #require(object["time"] as? String)
        #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
        #expect(lines[0].hasPrefix("{\"time\":"))
    }

    @Test func jsonIsValidForAnyBytes() throws {
        for byte in UInt8.min...UInt8.max {
            let text = String(decoding: [0x61, byte, 0xC3, byte, 0x22, 0x5C], as: UTF8.self)
            let lines = lines(.json) { $0.info("\(text)", metadata: ["\(text)": "\(text)"]) }
            #expect(lines.count == 1)
            let object = try #require(JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
            #expect(object["message"] as? String == text)
            #expect(object[text] as? String == text)
        }
    }

    @Test func textLineReadsWell() {
        let lines = lines(.text(colour: false)) {
            $0.warning("no answer", metadata: ["peer": "a b", "n": .stringConvertible(3)])
        }
        #expect(lines.count == 1)
        #expect(lines[0].hasSuffix(" WARNING  [push-api] no answer n=3 peer=\"a b\""))
    }

    @Test func textCannotBeForged() {
        let lines = lines(.text(colour: false)) { $0.info("a\nb\u{1B}[2J", metadata: ["k": "v\nERROR x"]) }
        #expect(lines.count == 1)
        #expect(!lines[0].contains("\u{1B}"))
    }

    @Test func colourAndFormatFollowTheTerminal() {
        #expect(LogFormat(setting: "auto", isTerminal: true, environment: [:]) == .text(colour: true))
        #expect(LogFormat(setting: "auto", isTerminal: true, environment: ["NO_COLOR": "1"]) == .text(colour: false))
        #expect(LogFormat(setting: "auto", isTerminal: true, environment: ["NO_COLOR": ""]) == .text(colour: true))
        #expect(LogFormat(setting: "auto", isTerminal: false, environment: [:]) == .json)
        #expect(LogFormat(setting: "text", isTerminal: false, environment: [:]) == .text(colour: false))
        #expect(LogFormat(setting: "json", isTerminal: true, environment: [:]) == .json)
        #expect(lines(.text(colour: true)) { $0.error("x") }[0].contains("\u{1B}[31mERROR"))
        #expect(!LogSink(descriptor: Pipe().fileHandleForWriting.fileDescriptor).isTerminal)
    }

    @Test func levelIsHonoured() {
        #expect(
            lines(.json, level: .warning) {
                $0.info("x"); $0.warning("y")
            }.count == 1)
    }

    @Test func linesOfManyTasksStayWhole() async throws {
        let pipe = Pipe()
        let sink = LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        let padding = String(repeating: "x", count: 6000)
        // A thread of its own: the writers below block the tasks' threads until someone reads.
        async let text = NIOThreadPool.singleton.runIfActive { pipe.fileHandleForReading.readDataToEndOfFile() }
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<4 {
                group.addTask {
                    let logger = Logger(label: "t\(task)") { LineLogHandler(label: $0, level: .info, format: .json, sink: sink) }
                    for number in 0..<50 { logger.info("\(padding)", metadata: ["n": "\(number)"]) }
                }
            }
        }
        pipe.fileHandleForWriting.closeFile()
        let lines = try await text.split(separator: 0x0A)
        #expect(lines.count == 200)
        #expect(lines.allSatisfy { (try? JSONSerialization.jsonObject(with: Data($0))) != nil })
    }

    @Test func timestampsMatchTheCalendar() {
        #expect(LogTimestamp.format(seconds: 0, milliseconds: 7) == "1970-01-01T00:00:00.007Z")
        #expect(LogTimestamp.format(seconds: 1_709_164_799, milliseconds: 999) == "2024-02-28T23:59:59.999Z")
    }

    @Test func timestampsOfOneSecondShareTheirText() {
        var cache = LogTimestamp.Cache()
        for (seconds, milliseconds) in [(0, 0), (0, 7), (0, 999), (1_769_903_999, 123), (1_769_904_000, 45), (0, 60)] {
            let text = cache.text(seconds: seconds, milliseconds: milliseconds)
            #expect(String(decoding: text, as: UTF8.self) == LogTimestamp.format(seconds: seconds, milliseconds: milliseconds))
        }
    }

    @Test(arguments: [0, 1, 499, 500, 1000, 50_000, 120_000, 999_499, 999_500, 1_000_000, 1_234_567, 12_000_000, 61_234_560_000])
    func preparedLinesAreThoseOfTheHandler(nanoseconds: Int64) throws {
        let pipe = Pipe()
        let sink = LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        let handler = LineLogHandler(label: "a \"b\"", level: .info, format: .json, sink: sink)
        let path = "/a/\"b\"" + String(repeating: "c", count: 600)
        let prepared = try #require(handler.requestLine(method: "POST", path: path))
        AccessLog.write(
            to: Logger(label: "a") { _ in handler }, id: "0123-ab", method: "POST", path: path, status: 204, bytes: 12,
            duration: .nanoseconds(nanoseconds))
        pipe.fileHandleForWriting.closeFile()
        let line = pipe.fileHandleForReading.readDataToEndOfFile()
        var own: [UInt8] = []
        // The time alone is not the same.
        prepared.append(
            to: &own, time: Array(line.dropFirst(9).prefix(24)), id: "0123-ab", status: 204, bytes: 12, nanoseconds: nanoseconds)
        #expect(String(decoding: own, as: UTF8.self) == String(decoding: line, as: UTF8.self))
    }

    @Test func linesArePreparedOnlyWhereTheyAreTheSame() {
        func prepared(_ format: LogFormat, _ level: Logger.Level, _ change: (inout LineLogHandler) -> Void = { _ in }) -> Bool {
            var handler = LineLogHandler(label: "a", level: level, format: format, sink: LogSink(descriptor: -1))
            change(&handler)
            return handler.requestLine(method: "POST", path: "/") != nil
        }
        #expect(prepared(.json, .info) && prepared(.json, .debug))
        #expect(!prepared(.text(colour: false), .info) && !prepared(.json, .notice))
        #expect(!prepared(.json, .info) { $0[metadataKey: "a"] = "b" })
        #expect(!prepared(.json, .info) { $0.metadataProvider = .init { [:] } })
    }

    @Test func bootstrapIsSafeToRepeat() throws {
        let values = try ConfigurationSchema(prefix: "X", keys: ConfigurationKey.logging).load(environment: [
            "X_LOG__LEVEL": "critical"
        ])
        try LoggingBootstrap.install(values, environment: [:])
        #expect(try LoggingBootstrap.install(values, environment: [:]) == false)
        #expect(Logger(label: "x").logLevel == .critical)
    }
}

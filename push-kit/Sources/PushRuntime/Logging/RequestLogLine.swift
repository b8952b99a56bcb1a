import Logging

/// The access log's line for one route, of which only the request's own values are put together each time.
struct RequestLogLine: Sendable {
    let sink: LogSink
    private let start: [UInt8]
    private let beforeBytes: [UInt8]
    private let beforeStatus: [UInt8]

    fileprivate init(label: String, method: String, path: String, sink: LogSink) {
        self.sink = sink
        func text(_ value: String) -> [UInt8] {
            var bytes: [UInt8] = []
            JSONText.appendString(value, to: &bytes)
            return bytes
        }
        start = Array(#"{"time":""#.utf8)
        beforeBytes =
            Array(#"","level":"info","logger":"#.utf8) + text(label) + Array(#","message":"request","bytes":"#.utf8)
        beforeStatus =
            Array(#"","method":"#.utf8) + text(method) + Array(#","path":"#.utf8) + text(AccessLog.shown(path))
            + Array(#","status":"#.utf8)
    }

    /// Appends a line, as `AccessLog.write` and the handler would make it.
    ///
    /// - Parameters:
    ///   - time: As `LogTimestamp.now()`.
    ///   - id: The request's: of characters that JSON takes as they are.
    ///   - bytes: Of the body.
    ///   - nanoseconds: How long it took.
    func append(to lines: inout [UInt8], time: [UInt8], id: String, status: Int, bytes: Int, nanoseconds: Int64) {
        lines.append(contentsOf: start)
        lines.append(contentsOf: time)
        lines.append(contentsOf: beforeBytes)
        Self.append(bytes, to: &lines)
        lines.append(contentsOf: #","duration_ms":"#.utf8)
        Self.appendThousandths(Int((nanoseconds + 500) / 1000), to: &lines)
        lines.append(contentsOf: #","hb.request.id":""#.utf8)
        lines.append(contentsOf: id.utf8)
        lines.append(contentsOf: beforeStatus)
        Self.append(status, to: &lines)
        lines.append(UInt8(ascii: "}"))
        lines.append(0x0A)
    }

    /// As a `Double` is written that has no more than three places.
    private static func appendThousandths(_ number: Int, to text: inout [UInt8]) {
        append(number / 1000, to: &text)
        var rest = number % 1000
        text.append(UInt8(ascii: "."))
        var digits = 0
        repeat {
            rest *= 10
            text.append(UInt8(ascii: "0") + UInt8(rest / 1000))
            rest %= 1000
            digits += 1
        } while rest > 0 && digits < 3
    }

    private static func append(_ number: Int, to text: inout [UInt8]) {
        let start = text.count
        var rest = number
        repeat {
            text.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        text[start...].reverse()
    }
}

extension LineLogHandler {
    /// - Returns: `nil` if lines are no JSON, hold more than each event's own metadata, or are not wanted: the handler's own way is right then.
    func requestLine(method: String, path: String) -> RequestLogLine? {
        guard format == .json, logLevel <= .info, metadata.isEmpty, metadataProvider == nil else { return nil }
        return RequestLogLine(label: label, method: method, path: path, sink: sink)
    }
}

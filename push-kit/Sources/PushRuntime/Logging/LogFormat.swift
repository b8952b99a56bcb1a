import Logging

/// How a log line looks.
public enum LogFormat: Sendable, Equatable {
    /// For people; with ANSI colours for the level if asked.
    case text(colour: Bool)
    /// One JSON object for each line: `time`, `level`, `logger`, `message`, and the metadata beside them.
    case json

    /// - Parameters:
    ///   - setting: `auto`, `text` or `json`, the value of `log.format`.
    ///   - isTerminal: Whether the lines go to a terminal.
    ///   - environment: `NO_COLOR` (https://no-color.org), when set and not empty, turns colours off.
    public init(setting: String, isTerminal: Bool, environment: [String: String]) {
        let colour = isTerminal && (environment["NO_COLOR"] ?? "").isEmpty
        switch setting {
        case "json": self = .json
        case "text": self = .text(colour: colour)
        default: self = isTerminal ? .text(colour: colour) : .json
        }
    }

    func line(time: String, level: Logger.Level, logger: String, message: String, metadata: Logger.Metadata) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        switch self {
        case .json: Self.appendJSON(time, level, logger, message, metadata, &bytes)
        case .text(let colour): Self.appendText(time, level, logger, message, metadata, colour, &bytes)
        }
        bytes.append(0x0A)
        return bytes
    }

    // MARK: JSON

    private static let reserved: Set<String> = ["time", "level", "logger", "message"]

    private static func appendJSON(
        _ time: String, _ level: Logger.Level, _ logger: String, _ message: String, _ metadata: Logger.Metadata,
        _ bytes: inout [UInt8]
    ) {
        bytes.append(contentsOf: "{\"time\":".utf8)
        JSONText.appendString(time, to: &bytes)
        bytes.append(contentsOf: ",\"level\":".utf8)
        JSONText.appendString(level.rawValue, to: &bytes)
        bytes.append(contentsOf: ",\"logger\":".utf8)
        JSONText.appendString(logger, to: &bytes)
        bytes.append(contentsOf: ",\"message\":".utf8)
        JSONText.appendString(message, to: &bytes)
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            bytes.append(UInt8(ascii: ","))
            // A key twice in one object is something that parsers disagree about.
            JSONText.appendString(reserved.contains(key) ? "metadata.\(key)" : key, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            append(value, &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private static func append(_ value: Logger.MetadataValue, _ bytes: inout [UInt8]) {
        switch value {
        case .string(let text): JSONText.appendString(text, to: &bytes)
        // A cast to these two is cheap, and every line of an access log has them.
        case .stringConvertible(let value as Int): bytes.append(contentsOf: String(value).utf8)
        case .stringConvertible(let value as Double) where value.isFinite: bytes.append(contentsOf: "\(value)".utf8)
        case .stringConvertible(let value as any FixedWidthInteger): bytes.append(contentsOf: "\(value)".utf8)
        case .stringConvertible(let value as Bool): bytes.append(contentsOf: "\(value)".utf8)
        case .stringConvertible(let value): JSONText.appendString(value.description, to: &bytes)
        case .array(let values):
            bytes.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                append(value, &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .dictionary(let values):
            bytes.append(UInt8(ascii: "{"))
            for (index, entry) in values.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                JSONText.appendString(entry.key, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                append(entry.value, &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    // MARK: Text

    private static func appendText(
        _ time: String, _ level: Logger.Level, _ logger: String, _ message: String, _ metadata: Logger.Metadata, _ colour: Bool,
        _ bytes: inout [UInt8]
    ) {
        let name = level.rawValue.uppercased()
        let padded = name + String(repeating: " ", count: max(0, 8 - name.count))
        bytes.append(contentsOf: "\(time) ".utf8)
        bytes.append(contentsOf: (colour ? "\u{1B}[\(ansiCode(level))m\(padded)\u{1B}[0m" : padded).utf8)
        bytes.append(contentsOf: " [\(printable(logger))] \(printable(message))".utf8)
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            bytes.append(contentsOf: " \(printable(key))=".utf8)
            let text = value.description
            if text.isEmpty || text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x22 || $0 == 0x5C || $0 == 0x7F }) {
                JSONText.appendString(text, to: &bytes)
            } else {
                bytes.append(contentsOf: text.utf8)
            }
        }
    }

    /// Control characters in a message could forge lines or drive the terminal.
    private static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return text }
        var bytes: [UInt8] = []
        JSONText.appendString(text, to: &bytes)
        return String(decoding: bytes.dropFirst().dropLast(), as: UTF8.self)
    }

    private static func ansiCode(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 90
        case .info: 32
        case .notice: 36
        case .warning: 33
        case .error, .critical: 31
        }
    }
}

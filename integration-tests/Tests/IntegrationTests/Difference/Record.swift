import Foundation

/// What `PUSH_STREAM_RECORD` asks to write anew.
enum Recording: String, CaseIterable, Sendable {
    /// The module's answers.
    case module
    /// Our own, where they differ on purpose.
    case differences

    struct Refused: Error, CustomStringConvertible {
        let description: String
    }

    /// - Returns: `nil` if nothing is asked for.
    /// - Throws: ``Refused`` for what cannot be recorded.
    static func asked(
        by value: String? = ProcessInfo.processInfo.environment["PUSH_STREAM_RECORD"], hasModule: Bool = Contestant.module != nil
    ) throws -> Recording? {
        guard let value, !value.isEmpty else { return nil }
        guard let recording = Recording(rawValue: value) else {
            let names = Recording.allCases.map(\.rawValue).joined(separator: " or ")
            throw Refused(description: "PUSH_STREAM_RECORD is '\(value)'; it must be \(names)")
        }
        if recording == .module, !hasModule {
            throw Refused(description: "PUSH_STREAM_RECORD=module needs PUSH_STREAM_NGINX")
        }
        return recording
    }
}

/// What the module answered to the exchanges of one group, as a text file: observations, so that the comparison goes on where no Nginx
/// is at hand.
struct Record: Sendable {
    /// Lines by the exchange's name.
    var answers: [String: [String]] = [:]

    /// The record of our own answers where they differ.
    static let differences = "differences"

    private static func path(_ group: String) -> String { "\(Contestant.folder)/Recorded/\(group).txt" }

    init(answers: [String: [String]]) {
        self.answers = answers
    }

    init(of group: String) throws {
        var name = ""
        for line in try String(contentsOfFile: Self.path(group), encoding: .utf8).split(separator: "\n") {
            if line.hasPrefix("=== ") {
                name = String(line.dropFirst(4))
                answers[name] = []
            } else {
                answers[name, default: []].append(String(line.dropFirst(2)))
            }
        }
    }

    /// - Parameter exchanges: the order in which they are written.
    func write(for group: String, _ exchanges: [Exchange]) throws {
        var text = ""
        for exchange in exchanges {
            text += "=== \(exchange.name)\n"
            for line in answers[exchange.name] ?? [] { text += "  \(line)\n" }
        }
        try Data(text.utf8).write(to: URL(fileURLWithPath: Self.path(group)))
    }
}

import Foundation

/// What the module answered to the exchanges of one group, as a text file: observations, so that the comparison goes on where no Nginx
/// is at hand.
struct Record: Sendable {
    /// Lines by the exchange's name.
    var answers: [String: [String]] = [:]

    /// The record of our own answers where they differ.
    static let differences = "differences"

    /// Whether the environment asks to write that record anew.
    static func isAsked(for record: String) -> Bool { ProcessInfo.processInfo.environment["PUSH_STREAM_RECORD"] == record }

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

import Foundation

/// A result that can be shown to people.
protocol Reportable: Encodable {
    /// Names and values, in the order of the table.
    var rows: [(String, String)] { get }
}

/// How results are printed.
enum Report {
    static func print(_ result: some Reportable, json: Bool) throws {
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            Swift.print(String(decoding: try encoder.encode(result), as: UTF8.self))
            return
        }
        let width = result.rows.map(\.0.count).max() ?? 0
        for (name, value) in result.rows {
            Swift.print(name.padding(toLength: width + 2, withPad: " ", startingAt: 0) + value)
        }
    }

    /// A whole number with its thousands apart.
    static func count(_ value: Double) -> String {
        let digits = String(Int(value.rounded().magnitude))
        return (value <= -0.5 ? "-" : "")
            + String(
                digits.reversed().enumerated().flatMap { $0.offset > 0 && $0.offset % 3 == 0 ? [",", $0.element] : [$0.element] }
                    .reversed())
    }

    static func fixed(_ value: Double, _ digits: Int = 2) -> String { String(format: "%.\(digits)f", value) }

    static func latency(_ name: String, _ latency: Latency?) -> [(String, String)] {
        guard let latency else { return [] }
        return [
            (
                name,
                "p50 \(self.fixed(latency.p50, 3)) ms, p99 \(self.fixed(latency.p99, 3)) ms, max \(self.fixed(latency.max, 3)) ms"
            )
        ]
    }

    static func usage(_ client: ClientUsage, _ server: ServerUsage?, operation: String) -> [(String, String)] {
        let share = "\(self.fixed(client.processorShare * 100, 0))% of a processor"
        var rows = [("client", client.wasTheLimit ? "\(share): THE CLIENT WAS THE LIMIT" : share)]
        if let server {
            rows.append(
                (
                    "server",
                    "\(self.fixed(server.processors)) processors, \(self.count(server.nanosecondsPerOperation)) ns per \(operation)"
                ))
        }
        return rows
    }
}

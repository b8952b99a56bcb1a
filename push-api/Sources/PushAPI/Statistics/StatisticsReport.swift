import Foundation
import NIOCore

/// What several agents reported, merged into one answer: `{"aggregated":{...},"all":[...]}`.
///
/// Each report stands in `all` as the agent wrote it, byte for byte, so that fields this version does not know get through.
struct StatisticsReport: Sendable {
    private struct Fields: Decodable {
        let subscribers: Int
        let time: String?

        private enum CodingKeys: CodingKey {
            case subscribers, time
        }

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            // The Nginx module writes some of its numbers as strings, depending on its version.
            if let text = try? fields.decode(String.self, forKey: .subscribers) {
                guard let number = Int(text) else {
                    throw DecodingError.dataCorruptedError(forKey: .subscribers, in: fields, debugDescription: "not a number")
                }
                self.subscribers = number
            } else {
                self.subscribers = try fields.decode(Int.self, forKey: .subscribers)
            }
            self.time = try fields.decodeIfPresent(String.self, forKey: .time)
        }
    }

    /// The sum over all agents.
    private(set) var subscribers = 0
    /// The oldest of the agents' times, as push-stream writes it (ISO 8601 without offset, so that texts order like times).
    private(set) var oldestTime: String?
    private(set) var reports: [[UInt8]] = []

    var isEmpty: Bool { self.reports.isEmpty }

    /// - Returns: `false` if the text is not a JSON object with a number of subscribers; it is then left out.
    mutating func add(_ report: [UInt8]) -> Bool {
        guard String(validating: report, as: UTF8.self) != nil, JSONSyntax.isValid(report),
            let fields = try? JSONDecoder().decode(Fields.self, from: Data(report))
        else { return false }
        let (sum, overflow) = self.subscribers.addingReportingOverflow(fields.subscribers)
        guard !overflow else { return false }
        self.subscribers = sum
        if let time = fields.time {
            self.oldestTime = self.oldestTime.map { min($0, time) } ?? time
        }
        self.reports.append(report)
        return true
    }

    private struct Aggregate: Encodable {
        let subscribers: Int
        let time: String?
    }

    /// - Parameter withTime: Whether `aggregated` has the oldest `time`.
    func json(withTime: Bool) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let aggregate = try encoder.encode(Aggregate(subscribers: self.subscribers, time: withTime ? self.oldestTime : nil))
        var json = ByteBuffer()
        json.writeString(#"{"aggregated":"#)
        json.writeBytes(aggregate)
        json.writeString(#","all":["#)
        for (index, report) in self.reports.enumerated() {
            if index > 0 { json.writeString(",") }
            json.writeBytes(report)
        }
        json.writeString("]}")
        return json
    }
}

import Foundation
import NIOCore

/// What the agent itself needs of push-stream's statistics.
struct StatisticsSummary: Equatable, Sendable {
    var hostname: String?
    /// Local time of push-stream, `YYYY-MM-DDTHH:MM:SS`.
    var time: String?
    /// Seconds.
    var uptime: Int64?

    init(hostname: String?, time: String?, uptime: Int64?) {
        self.hostname = hostname
        self.time = time
        self.uptime = uptime
    }

    /// - Returns: `nil` if this is no JSON object.
    init?(json: ByteBuffer) {
        guard let object = (try? JSONSerialization.jsonObject(with: Data(json.readableBytesView))) as? [String: Any] else {
            return nil
        }
        self.init(
            hostname: object["hostname"] as? String, time: object["time"] as? String,
            uptime: (object["uptime"] as? NSNumber)?.int64Value ?? (object["uptime"] as? String).flatMap(Int64.init))
    }
}

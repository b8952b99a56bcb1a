import PushModels

/// Tells one life of push-stream's message store from the next.
///
/// Our engine names it (``PushStreamHeaders/instance``). For an Nginx with the module it is the host's name and the time at
/// which the shared memory was made, which the statistics tell as `time` and `uptime`.
enum StoreIdentity: Equatable, Sendable, CustomStringConvertible {
    case instance(String)
    /// `second` counts from 1970 in push-stream's own time zone; only differences matter.
    case started(hostname: String, second: Int64)

    /// `time` and `uptime` have whole seconds and are not read at the same instant.
    private static let toleranceSeconds: Int64 = 2

    /// - Parameters:
    ///   - instance: the header field's value, if there is one.
    ///   - summary: push-stream's statistics.
    /// - Returns: `nil` if neither identifies the store.
    init?(instance: String?, summary: StatisticsSummary?) {
        if let instance, !instance.isEmpty {
            self = .instance(instance)
        } else if let summary, let hostname = summary.hostname, let uptime = summary.uptime,
            let time = summary.time.flatMap(Self.seconds(ofTimestamp:))
        {
            self = .started(hostname: hostname, second: time - uptime)
        } else {
            return nil
        }
    }

    func isSameStore(as other: StoreIdentity) -> Bool {
        switch (self, other) {
        case (.instance(let left), .instance(let right)):
            return left == right
        case (.started(let leftHost, let left), .started(let rightHost, let right)):
            return leftHost == rightHost && abs(left - right) <= Self.toleranceSeconds
        case (.instance, .started), (.started, .instance):
            return false
        }
    }

    /// The form in which Redis keeps it.
    var description: String {
        switch self {
        case .instance(let id): return "instance \(id)"
        case .started(let hostname, let second): return "started \(second) \(hostname)"
        }
    }

    init?(_ description: String) {
        let parts = description.split(separator: " ", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return nil }
        switch parts[0] {
        case "instance":
            self = .instance(parts[1])
        case "started":
            let rest = parts[1].split(separator: " ", maxSplits: 1).map(String.init)
            guard rest.count == 2, let second = Int64(rest[0]) else { return nil }
            self = .started(hostname: rest[1], second: second)
        default:
            return nil
        }
    }

    /// - Returns: the seconds from 1970 to `YYYY-MM-DDTHH:MM:SS`, read as UTC; what follows it is ignored.
    static func seconds(ofTimestamp text: String) -> Int64? {
        let bytes = Array(text.utf8.prefix(19))
        guard bytes.count == 19 else { return nil }
        func number(_ range: Range<Int>) -> Int64? {
            range.reduce(into: Int64?(0)) { value, index in
                let digit = Int64(bytes[index]) - 48
                value = (0...9).contains(digit) ? value.map { $0 * 10 + digit } : nil
            }
        }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        // Days in the proleptic Gregorian calendar, with years that begin in March so that a leap day comes last.
        let shifted = month > 2 ? year : year - 1
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
        return ((days * 24 + hour) * 60 + minute) * 60 + second
    }
}

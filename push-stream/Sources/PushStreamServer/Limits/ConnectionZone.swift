import NginxConf
import Synchronization

/// `limit_conn_zone`: how many requests each key has at the moment, over all event loops.
public final class ConnectionZone: Sendable {
    public let name: String
    /// Text with variables.
    public let key: ComplexValue
    /// Bytes that the table may take.
    public let size: Int
    private let table: Mutex<ConnectionTable>

    /// Keys are no longer than this, in bytes; longer ones are not counted, as in Nginx.
    static let longestKey = 255

    public init(name: String, key: ComplexValue, size: Int) {
        self.name = name
        self.key = key
        self.size = size
        table = Mutex(ConnectionTable(size: size))
    }

    /// Counts on where a zone of the configuration before it stands, if that means the same. Comes before the first request.
    public func `continue`(_ older: ConnectionZone) {
        guard older.name == name, older.key == key, older.size == size else { return }
        let counted = older.table.withLock { $0 }
        table.withLock { $0 = counted }
    }

    /// Counts a request.
    ///
    /// - Returns: what has to live as long as the request; nil if the key has as many already, or the table no room.
    func enter(_ key: String, limit: Int) -> ConnectionTicket? {
        let table = table.withLock { $0 }
        return table.enter(key, limit: limit) ? ConnectionTicket(table, key) : nil
    }

    /// How many requests a key has.
    func count(of key: String) -> Int { table.withLock { $0 }.count(of: key) }
}

/// One request in a zone. It leaves the zone when nothing refers to this any more, so however a request ends, once.
final class ConnectionTicket: Sendable {
    private let table: ConnectionTable
    private let key: String

    fileprivate init(_ table: ConnectionTable, _ key: String) {
        self.table = table
        self.key = key
    }

    deinit { table.leave(key) }
}

private final class ConnectionTable: Sendable {
    private struct State {
        var counts: [String: Int] = [:]
        var room: Int
    }

    private let state: Mutex<State>

    init(size: Int) {
        state = Mutex(State(room: size))
    }

    func enter(_ key: String, limit: Int) -> Bool {
        state.withLock { state in
            if let count = state.counts[key] {
                if count >= limit { return false }
                state.counts[key] = count + 1
                return true
            }
            let cost = Self.cost(of: key)
            guard state.room >= cost else { return false }
            state.room -= cost
            state.counts[key] = 1
            return true
        }
    }

    func leave(_ key: String) {
        state.withLock { state in
            guard let count = state.counts[key] else { return }
            if count > 1 {
                state.counts[key] = count - 1
            } else {
                state.counts[key] = nil
                state.room += Self.cost(of: key)
            }
        }
    }

    func count(of key: String) -> Int { state.withLock { $0.counts[key] ?? 0 } }

    /// What Nginx takes for a key, so that a size holds as many here: its node and the key, rounded up to a power of two.
    private static func cost(of key: String) -> Int {
        var cost = 64
        while cost < 36 + key.utf8.count { cost *= 2 }
        return cost
    }
}

/// `limit_conn` and what belongs to it.
public final class ConnectionLimits: Sendable {
    public let limits: [(zone: ConnectionZone, limit: Int)]
    /// `limit_conn_status`
    public let status: Int
    /// `limit_conn_log_level`
    public let logLevel: ErrorLogLevel
    /// `limit_conn_dry_run`
    public let isDryRun: Bool

    init(limits: [(zone: ConnectionZone, limit: Int)], status: Int, logLevel: ErrorLogLevel, isDryRun: Bool) {
        self.limits = limits
        self.status = status
        self.logLevel = logLevel
        self.isDryRun = isDryRun
    }

    /// What became of a request, as `$limit_conn_status` says it.
    enum Outcome: String {
        case passed = "PASSED"
        case rejected = "REJECTED"
        case rejectedInDryRun = "REJECTED_DRY_RUN"
    }

    enum Entry {
        case admitted([ConnectionTicket])
        /// Above the limit of this zone, or its table is full.
        case refused(by: ConnectionZone)
    }

    /// Enters a request in all zones, or in none.
    func enter(_ variables: some VariableSource) -> Entry {
        var tickets: [ConnectionTicket] = []
        for (zone, limit) in limits {
            let key = zone.key.evaluate(variables)
            if key.isEmpty || key.utf8.count > ConnectionZone.longestKey { continue }
            guard let ticket = zone.enter(key, limit: limit) else { return .refused(by: zone) }
            tickets.append(ticket)
        }
        return .admitted(tickets)
    }
}

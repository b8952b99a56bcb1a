import Synchronization

/// The channels of a server behind one lock, with a mailbox for each event loop.
///
/// Deliveries enter the mailboxes while the lock is held, so every loop gets them in the same order; loops are woken after it.
public final class ChannelStore: Sendable {
    /// What one loop has to deliver.
    public final class Mailbox: Sendable {
        private let items = Mutex<[Delivery]>([])
        /// Bytes that wait here, with an allowance for each delivery.
        fileprivate let backlog = Atomic<Int>(0)
        private let wake: @Sendable () -> Void

        /// - Parameter wake: called once each time the mailbox stops being empty.
        public init(wake: @escaping @Sendable () -> Void) {
            self.wake = wake
        }

        /// Takes everything out.
        ///
        /// - Parameter deliveries: is empty before; its memory is used for what comes next.
        public func drain(into deliveries: inout [Delivery]) {
            items.withLock { items in
                swap(&items, &deliveries)
                backlog.store(0, ordering: .relaxed)
            }
        }

        /// Whether something waits here, as far as the calling thread knows.
        public var hasDeliveries: Bool { backlog.load(ordering: .relaxed) > 0 }

        /// Looks at what waits here until `predicate` is false. Publishers wait meanwhile.
        public func allSatisfy(_ predicate: (Delivery) -> Bool) -> Bool {
            items.withLock { $0.allSatisfy(predicate) }
        }

        fileprivate func post(_ delivery: Delivery) -> Bool {
            items.withLock { items in
                items.append(delivery)
                backlog.add(delivery.message.text.count + 128, ordering: .relaxed)
                return items.count == 1
            }
        }

        fileprivate func signal() { wake() }
    }

    private let table: Mutex<ChannelTable>
    private let mailboxes: [Mailbox]
    private let current: Mutex<StoreSettings>

    /// - Parameter now: milliseconds since 1970.
    public init(settings: StoreSettings, mailboxes: [Mailbox], now: Int) {
        current = Mutex(settings)
        self.mailboxes = mailboxes
        table = Mutex(ChannelTable(settings: settings, loops: mailboxes.count, now: now))
    }

    /// What holds now; see ``apply(_:now:)``.
    public var settings: StoreSettings { current.withLock { $0 } }

    /// Lets other settings hold from now on. Every channel and message stays.
    public func apply(_ settings: StoreSettings, now: Int) {
        try? withTable { $0.apply(settings, now: now) }
        current.withLock { $0 = settings }
    }

    /// Bytes that may wait for one event loop before publishers have to wait too.
    public static let backlogLimit = 32 << 20

    /// Whether a loop lags so far behind that publishers should pause.
    public var isCongested: Bool {
        mailboxes.contains { $0.backlog.load(ordering: .relaxed) > Self.backlogLimit }
    }

    /// ``ChannelTable/publish(_:to:stores:now:)`` and the hand-over of what it delivers.
    public func publish(
        _ draft: MessageDraft, to names: [ChannelName], stores: Bool, now: Int
    ) throws(StoreError) -> [ChannelStatistics] {
        try withTable { table throws(StoreError) in try table.publish(draft, to: names, stores: stores, now: now) }
    }

    /// Runs one step on the channels and hands its deliveries to the loops.
    public func withTable<Value: Sendable>(_ body: (inout ChannelTable) throws(StoreError) -> Value) throws(StoreError) -> Value {
        var toWake: [Int] = []
        let result: Result<Value, StoreError> = table.withLock { table in
            let result: Result<Value, StoreError>
            do throws(StoreError) {
                result = .success(try body(&table))
            } catch {
                result = .failure(error)
            }
            for (loop, delivery) in table.outbox where mailboxes[loop].post(delivery) { toWake.append(loop) }
            if !table.outbox.isEmpty { table.outbox.removeAll(keepingCapacity: table.outbox.count <= 1024) }
            return result
        }
        for loop in toWake { mailboxes[loop].signal() }
        return try result.get()
    }
}

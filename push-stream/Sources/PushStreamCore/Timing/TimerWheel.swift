/// Something that waits in a ``TimerWheel``. The wheel keeps its place in it, so that removal costs nothing to search.
public protocol TimerWheelEntry: AnyObject {
    /// Written by the wheel alone; starts as ``TimerPlace/none``.
    var timerPlace: TimerPlace { get set }
}

/// Where an entry is in its wheel.
public struct TimerPlace: Sendable {
    fileprivate var slot: Int32
    fileprivate var index: Int32

    public static let none = TimerPlace(slot: -1, index: -1)

    /// Whether the entry waits.
    public var isSet: Bool { slot >= 0 }
}

/// Hashed timer wheel: one deadline per entry, insertion and removal in constant time, no allocation per timer. An entry whose
/// deadline lies beyond one revolution is looked at once per revolution. A deadline that is put off, as with each request of a
/// connection, is noted in place: the entry moves when its old time comes.
///
/// Time is counted in ticks, which the owner defines and counts.
public struct TimerWheel<Entry: TimerWheelEntry> {
    private var slots: [[(entry: Entry, deadline: Int)]]
    private var currentTick: Int
    public private(set) var count = 0

    public init(slots: Int = 512, startingAt tick: Int = 0) {
        self.slots = Array(repeating: [], count: max(1, slots))
        currentTick = tick
    }

    /// Sets the entry's deadline, replacing an earlier one. A deadline that has passed fires at the next tick.
    public mutating func schedule(_ entry: Entry, at deadline: Int) {
        let deadline = max(deadline, currentTick + 1)
        let place = entry.timerPlace
        if place.isSet {
            if slots[Int(place.slot)][Int(place.index)].deadline <= deadline {
                slots[Int(place.slot)][Int(place.index)].deadline = deadline
                return
            }
            cancel(entry)
        }
        insert(entry, at: deadline)
    }

    private mutating func insert(_ entry: Entry, at deadline: Int) {
        let slot = deadline % slots.count
        entry.timerPlace = TimerPlace(slot: Int32(slot), index: Int32(slots[slot].count))
        slots[slot].append((entry, deadline))
        count += 1
    }

    public mutating func cancel(_ entry: Entry) {
        let place = entry.timerPlace
        guard place.isSet else { return }
        let slot = Int(place.slot)
        let last = slots[slot].removeLast()
        if last.entry !== entry {
            slots[slot][Int(place.index)] = last
            last.entry.timerPlace = place
        }
        entry.timerPlace = .none
        count -= 1
    }

    /// Takes out the entries whose deadline has come by `tick`.
    public mutating func advance(to tick: Int) -> [Entry] {
        var due: [Entry] = []
        guard tick > currentTick else { return due }
        // After a long pause each slot is looked at once, not once per tick that was missed.
        for step in (tick - min(tick - currentTick, slots.count) + 1)...tick {
            let slot = step % slots.count
            var index = 0
            while index < slots[slot].count {
                let item = slots[slot][index]
                if item.deadline <= tick {
                    cancel(item.entry)
                    due.append(item.entry)
                } else if item.deadline % slots.count != slot {
                    cancel(item.entry)
                    insert(item.entry, at: item.deadline)
                } else {
                    index += 1
                }
            }
        }
        currentTick = tick
        return due
    }
}

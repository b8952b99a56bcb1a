import FoundationEssentials
import NIOCore
import PushModels

/// The last hour, in slots of ten seconds, of each agent and of all together.
struct StatisticsHistory: Sendable, Equatable {
    struct Slot: Sendable, Equatable {
        /// `nil` if there was no sample.
        var subscribers: Int?
        /// Messages published since the sample before; `nil` if there was no sample, or none before.
        var messages: Int?
    }

    /// Numbers of slots since 1970: the first and the last that are told; none if it is empty.
    private(set) var slots: Range<Int>
    private(set) var total: [Slot]
    /// By name, each with a slot for each of ``slots``.
    private(set) var agents: [(name: String, slots: [Slot])]
    /// Of the hour: the start of its first slot, and now. Seconds since 1970.
    let from: Int
    let to: Int

    /// - Parameters:
    ///   - series: what each agent keeps, in any order. Samples that are not of the last hour are left out, and so are agents
    ///     without any.
    ///   - now: seconds since 1970 by Redis' clock.
    init(series: [(agent: String, samples: [StatisticsSample])], now: Int) {
        let current = now / StatisticsSample.resolution
        let hour = (current - StatisticsSample.slots + 1)...current
        self.from = hour.lowerBound * StatisticsSample.resolution
        self.to = now
        let timelines = series.map { Timeline(agent: $0.agent, samples: $0.samples, hour: hour) }.filter { !$0.samples.isEmpty }
            .sorted { $0.agent < $1.agent }
        guard let first = timelines.compactMap(\.samples.first?.slot).min() else {
            self.slots = current..<current
            self.total = []
            self.agents = []
            return
        }
        // A slot in which only some agents have been sampled so far would look as if subscribers had gone.
        let isComplete =
            timelines.contains { $0.has(current) } && timelines.allSatisfy { $0.has(current) || !$0.has(current - 1) }
        let slots = first..<max(first + 1, current + (isComplete ? 1 : 0))
        self.slots = slots
        self.agents = timelines.map { ($0.agent, $0.slots(in: slots)) }
        self.total = Self.total(timelines, slots)
    }

    private static func total(_ timelines: [Timeline], _ slots: Range<Int>) -> [Slot] {
        var total = [Slot](repeating: Slot(), count: slots.count)
        // Whether the number of messages is of one slot, not of several of which some have no sample.
        var isExact = [Bool](repeating: false, count: slots.count)
        for timeline in timelines {
            for (index, point) in timeline.samples.enumerated() {
                guard slots.contains(point.slot) else { continue }
                let slot = point.slot - slots.lowerBound
                total[slot].subscribers = (total[slot].subscribers ?? 0) + point.sample.subscribers
                guard index > 0 else { continue }
                let before = timeline.samples[index - 1]
                let messages = point.sample.messages(since: before.sample)
                let exact = before.slot == point.slot - 1
                // Every agent publishes every message, so the sum would count each several times.
                if exact == isExact[slot] {
                    total[slot].messages = max(total[slot].messages ?? 0, messages)
                } else if exact {
                    total[slot].messages = messages
                    isExact[slot] = true
                }
            }
        }
        return total
    }

    static func == (left: StatisticsHistory, right: StatisticsHistory) -> Bool {
        left.slots == right.slots && left.total == right.total && left.agents.map(\.name) == right.agents.map(\.name)
            && left.agents.map(\.slots) == right.agents.map(\.slots)
    }
}

/// The samples of one agent in the order of time, one in a slot.
private struct Timeline {
    let agent: String
    let samples: [(slot: Int, sample: StatisticsSample)]
    private let taken: Set<Int>

    init(agent: String, samples: [StatisticsSample], hour: ClosedRange<Int>) {
        self.agent = agent
        var bySlot: [Int: StatisticsSample] = [:]
        for sample in samples where hour.contains(sample.time / StatisticsSample.resolution) {
            bySlot[sample.time / StatisticsSample.resolution] = sample
        }
        self.samples = bySlot.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        self.taken = Set(bySlot.keys)
    }

    func has(_ slot: Int) -> Bool { self.taken.contains(slot) }

    func slots(in range: Range<Int>) -> [StatisticsHistory.Slot] {
        var slots = [StatisticsHistory.Slot](repeating: .init(), count: range.count)
        for (index, point) in self.samples.enumerated() where range.contains(point.slot) {
            slots[point.slot - range.lowerBound] = .init(
                subscribers: point.sample.subscribers,
                messages: index > 0 ? point.sample.messages(since: self.samples[index - 1].sample) : nil)
        }
        return slots
    }
}

extension StatisticsHistory {
    /// `{"resolution","from","to","total":[{"time","subscribers","messages"}],"agents":[{"agent","samples":[...]}]}`.
    func json() throws -> ByteBuffer {
        var json = ByteBuffer()
        let (from, to) = (Timestamp.format(milliseconds: self.from * 1_000), Timestamp.format(milliseconds: self.to * 1_000))
        json.writeString(#"{"resolution":\#(StatisticsSample.resolution),"from":"\#(from)","to":"\#(to)","total":"#)
        self.write(self.total, into: &json)
        json.writeString(#","agents":["#)
        for (index, agent) in self.agents.enumerated() {
            json.writeString(index > 0 ? #",{"agent":"# : #"{"agent":"#)
            json.writeBytes(try JSONEncoder().encode(agent.name))
            json.writeString(#","samples":"#)
            self.write(agent.slots, into: &json)
            json.writeString("}")
        }
        json.writeString("]}")
        return json
    }

    private func write(_ slots: [Slot], into json: inout ByteBuffer) {
        json.writeString("[")
        for (index, slot) in slots.enumerated() {
            let time = (self.slots.lowerBound + index) * StatisticsSample.resolution
            let subscribers = slot.subscribers.map(String.init) ?? "null", messages = slot.messages.map(String.init) ?? "null"
            json.writeString(
                #"\#(index > 0 ? "," : ""){"time":\#(time),"subscribers":\#(subscribers),"messages":\#(messages)}"#)
        }
        json.writeString("]")
    }
}

import Metrics
import Synchronization

/// What a series knows how to do when the registry is rendered.
protocol PrometheusSeries: AnyObject, Sendable {
    /// Appends this series' sample lines. `labels` is `a="b",c="d"` or empty.
    func render(name: String, labels: String, into text: inout String)
}

/// Integer and floating-point counters share a cell, so that both kinds may be used under one name.
final class PrometheusCounter: PrometheusSeries, CounterHandler, FloatingPointCounterHandler {
    private let whole = Atomic<Int64>(0)
    private let fraction = AtomicDouble()

    func increment(by amount: Int64) {
        // A counter never falls; wrapping would take centuries, trapping would kill the service.
        if amount > 0 { whole.wrappingAdd(amount, ordering: .relaxed) }
    }

    func increment(by amount: Double) {
        if amount > 0, amount.isFinite { fraction.add(amount) }
    }

    func reset() {
        whole.store(0, ordering: .relaxed)
        fraction.set(0)
    }

    func render(name: String, labels: String, into text: inout String) {
        let whole = whole.load(ordering: .relaxed), fraction = fraction.value
        let value = fraction == 0 ? String(whole) : PrometheusText.number(Double(whole) + fraction)
        PrometheusText.appendSample(name, labels, value, &text)
    }
}

/// Meters, and recorders that do not aggregate.
final class PrometheusGauge: PrometheusSeries, MeterHandler, RecorderHandler {
    private let cell = AtomicDouble()

    func set(_ value: Int64) { cell.set(Double(value)) }
    func set(_ value: Double) { cell.set(value) }
    func increment(by amount: Double) { cell.add(amount) }
    func decrement(by amount: Double) { cell.add(-amount) }
    func record(_ value: Int64) { cell.set(Double(value)) }
    func record(_ value: Double) { cell.set(value) }

    func render(name: String, labels: String, into text: inout String) {
        PrometheusText.appendSample(name, labels, PrometheusText.number(cell.value), &text)
    }
}

/// Timers (in seconds) and recorders that aggregate.
final class PrometheusHistogram: PrometheusSeries, TimerHandler, RecorderHandler {
    private struct State {
        var counts: [UInt64]
        var sum = 0.0
    }
    private let bounds: [Double]
    private let state: Mutex<State>

    /// - Parameter bounds: Upper bounds, ascending, without the infinite one.
    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }
    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard !value.isNaN else { return }
        let index = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock {
            $0.counts[index] &+= 1
            $0.sum += value
        }
    }

    func render(name: String, labels: String, into text: inout String) {
        let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
        let lead = labels.isEmpty ? "" : labels + ","
        var total: UInt64 = 0
        for (index, count) in counts.enumerated() {
            total += count
            let bound = index < bounds.count ? PrometheusText.number(bounds[index]) : "+Inf"
            PrometheusText.appendSample("\(name)_bucket", "\(lead)le=\"\(bound)\"", String(total), &text)
        }
        PrometheusText.appendSample("\(name)_sum", labels, PrometheusText.number(sum), &text)
        PrometheusText.appendSample("\(name)_count", labels, String(total), &text)
    }
}

/// A double that threads add to without a lock.
private struct AtomicDouble: ~Copyable, Sendable {
    private let bits = Atomic<UInt64>(0)

    var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    func add(_ amount: Double) {
        var current = bits.load(ordering: .relaxed)
        while true {
            let next = (Double(bitPattern: current) + amount).bitPattern
            let (exchanged, original) = bits.weakCompareExchange(expected: current, desired: next, ordering: .relaxed)
            if exchanged { return }
            current = original
        }
    }
}

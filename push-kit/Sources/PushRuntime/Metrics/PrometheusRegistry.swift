import Metrics
import Synchronization

/// A swift-metrics backend that renders the Prometheus text format.
///
/// Counters become counters; meters and non-aggregating recorders gauges; timers (in seconds) and aggregating
/// recorders histograms. Each series updates its own atomics or lock; the registry's lock is only taken when a
/// series is made or the text is rendered.
public final class PrometheusRegistry: MetricsFactory {
    /// Seconds; suits request durations from half a millisecond to ten seconds.
    public static let defaultBuckets: [Double] = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    enum Kind: String {
        case counter, gauge, histogram
    }

    struct Family {
        let kind: Kind
        var series: [String: any PrometheusSeries] = [:]
    }

    struct State {
        var families: [String: Family] = [:]
        var help: [String: String] = [:]
        var buckets: [String: [Double]] = [:]
        var dropped: Int64 = 0
        var others: [@Sendable () -> String] = []
    }

    private let state = Mutex(State())
    private let maximumSeries: Int
    private let maximumMetrics: Int

    /// - Parameters:
    ///   - maximumSeriesPerMetric: Label sets of one name; further ones are dropped and counted in
    ///     `metrics_dropped_series_total`, so that a label with unbounded values cannot exhaust the memory.
    ///   - maximumMetrics: Names; beyond it the same happens.
    public init(maximumSeriesPerMetric: Int = 1000, maximumMetrics: Int = 1000) {
        maximumSeries = maximumSeriesPerMetric
        self.maximumMetrics = maximumMetrics
    }

    /// Gives a metric its `HELP` text and, for a histogram, its buckets. Call it before the metric is first used.
    /// - Parameter buckets: Upper bounds in the metric's unit, without infinity; they are sorted here.
    public func describe(_ name: String, help: String, buckets: [Double]? = nil) {
        let name = PrometheusText.metricName(name)
        state.withLock {
            $0.help[name] = help
            if let buckets { $0.buckets[name] = Array(Set(buckets.filter(\.isFinite))).sorted() }
        }
    }

    /// Shows the metrics of a part of this process that counts by itself.
    /// - Parameter text: Renders them, in the Prometheus text format, under names that nobody else uses.
    public func include(_ text: @escaping @Sendable () -> String) {
        state.withLock { $0.others.append(text) }
    }

    /// All metrics, sorted by name, those that are included, and those of the process.
    public func render() -> String {
        let (families, help, dropped, others) = state.withLock { ($0.families, $0.help, $0.dropped, $0.others) }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) where !family.series.isEmpty {
            PrometheusText.appendHeader(name, type: family.kind.rawValue, help: help[name] ?? name, &text)
            for (labels, series) in family.series.sorted(by: { $0.key < $1.key }) {
                series.render(name: name, labels: labels, into: &text)
            }
        }
        for other in others { text += other() }
        PrometheusText.appendHeader(
            "metrics_dropped_series_total", type: "counter", help: "Requests for a series beyond the ceiling.", &text)
        PrometheusText.appendSample("metrics_dropped_series_total", "", String(dropped), &text)
        ProcessMetrics.append(to: &text)
        return text
    }

    private func series<Series: PrometheusSeries>(
        _ label: String, _ dimensions: [(String, String)], _ kind: Kind, make: ([Double]) -> Series
    ) -> Series? {
        let name = PrometheusText.metricName(label)
        let labels = PrometheusText.labels(dimensions, reserved: kind == .histogram ? "le" : nil)
        return state.withLock { state in
            if let existing = state.families[name]?.series[labels] as? Series { return existing }
            let isNew = state.families[name] == nil
            if isNew ? state.families.count >= maximumMetrics : state.families[name]!.series.count >= maximumSeries {
                state.dropped &+= 1
                return nil
            }
            // One name has one type: a second type is a programming mistake that must not break the exposition.
            guard isNew || state.families[name]!.kind == kind, state.families[name]?.series[labels] == nil else {
                state.dropped &+= 1
                return nil
            }
            let made = make(state.buckets[name] ?? Self.defaultBuckets)
            state.families[name, default: Family(kind: kind)].series[labels] = made
            return made
        }
    }

    private func remove(_ handler: AnyObject) {
        state.withLock { state in
            for (name, family) in state.families {
                for (labels, series) in family.series where series === handler {
                    state.families[name]?.series[labels] = nil
                }
            }
        }
    }

    // MARK: MetricsFactory

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        guard let counter = counter(label, dimensions) else { return NOOPMetricsHandler.instance }
        return counter
    }

    public func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        guard let counter = counter(label, dimensions) else { return NOOPMetricsHandler.instance }
        return counter
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        guard let gauge = gauge(label, dimensions) else { return NOOPMetricsHandler.instance }
        return gauge
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if aggregate, let histogram = histogram(label, dimensions) { return histogram }
        if !aggregate, let gauge = gauge(label, dimensions) { return gauge }
        return NOOPMetricsHandler.instance
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        guard let histogram = histogram(label, dimensions) else { return NOOPMetricsHandler.instance }
        return histogram
    }

    private func counter(_ label: String, _ dimensions: [(String, String)]) -> PrometheusCounter? {
        series(label, dimensions, .counter) { _ in PrometheusCounter() }
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> PrometheusGauge? {
        series(label, dimensions, .gauge) { _ in PrometheusGauge() }
    }

    private func histogram(_ label: String, _ dimensions: [(String, String)]) -> PrometheusHistogram? {
        series(label, dimensions, .histogram) { PrometheusHistogram(bounds: $0) }
    }

    public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }
}

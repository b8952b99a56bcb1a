import Foundation
import Metrics
import Testing

@testable import PushRuntime

@Suite struct PrometheusTests {
    let registry = PrometheusRegistry(maximumSeriesPerMetric: 3)

    /// The registry's text without the lines of the process.
    private func text() -> [String] {
        registry.render().split(separator: "\n").map(String.init).filter { !$0.contains("process_") }
    }

    @Test func counters() {
        let counter = Counter(label: "requests_total", dimensions: [("b", "2"), ("a", "1")], factory: registry)
        counter.increment()
        counter.increment(by: 4)
        Counter(label: "requests_total", dimensions: [("a", "1"), ("b", "2")], factory: registry).increment()
        FloatingPointCounter(label: "seconds_total", factory: registry).increment(by: 0.25)
        registry.describe("requests_total", help: "All\nrequests \\ more.")
        #expect(
            text() == [
                "# HELP requests_total All\\nrequests \\\\ more.", "# TYPE requests_total counter",
                "requests_total{a=\"1\",b=\"2\"} 6",
                "# HELP seconds_total seconds_total", "# TYPE seconds_total counter", "seconds_total 0.25",
                "# HELP metrics_dropped_series_total Requests for a series beyond the ceiling.",
                "# TYPE metrics_dropped_series_total counter", "metrics_dropped_series_total 0",
            ])
    }

    @Test func gauges() {
        let gauge = Gauge(label: "queue.depth", factory: registry)
        gauge.record(7)
        let meter = Meter(label: "connections", factory: registry)
        meter.increment(by: 3)
        meter.decrement()
        #expect(text().contains("queue_depth 7"))
        #expect(text().contains("# TYPE queue_depth gauge"))
        #expect(text().contains("connections 2"))
    }

    @Test func histograms() {
        registry.describe("wait_seconds", help: "Waiting.", buckets: [1, 0.1, .infinity])
        let timer = Timer(label: "wait_seconds", dimensions: [("le", "x")], factory: registry)
        timer.recordMilliseconds(50)
        timer.recordMilliseconds(100)
        timer.recordSeconds(5)
        let lines = text()
        #expect(lines.contains("# TYPE wait_seconds histogram"))
        #expect(lines.contains("wait_seconds_bucket{exported_le=\"x\",le=\"0.1\"} 2"))
        #expect(lines.contains("wait_seconds_bucket{exported_le=\"x\",le=\"1\"} 2"))
        #expect(lines.contains("wait_seconds_bucket{exported_le=\"x\",le=\"+Inf\"} 3"))
        #expect(lines.contains("wait_seconds_sum{exported_le=\"x\"} 5.15"))
        #expect(lines.contains("wait_seconds_count{exported_le=\"x\"} 3"))
    }

    @Test func labelsAreEscaped() {
        Counter(label: "1x-y", dimensions: [("a.b", "q\"\\\n")], factory: registry).increment()
        #expect(text().contains("_1x_y{a_b=\"q\\\"\\\\\\n\"} 1"))
    }

    @Test func seriesAreBounded() {
        for number in 0..<10 {
            Counter(label: "hits_total", dimensions: [("n", "\(number)")], factory: registry).increment()
        }
        let lines = text()
        #expect(lines.filter { $0.hasPrefix("hits_total{") }.count == 3)
        #expect(lines.contains("metrics_dropped_series_total 7"))
    }

    @Test func namesAreBounded() {
        let registry = PrometheusRegistry(maximumMetrics: 2)
        for number in 0..<5 { Counter(label: "m\(number)", factory: registry).increment() }
        #expect(registry.render().contains("metrics_dropped_series_total 3"))
    }

    @Test func oneNameHasOneType() {
        Counter(label: "same", factory: registry).increment()
        Gauge(label: "same", factory: registry).record(5)
        #expect(text().filter { $0.hasPrefix("# TYPE same") } == ["# TYPE same counter"])
        #expect(text().contains("same 1"))
    }

    @Test func destroyedSeriesGo() {
        let counter = Counter(label: "gone_total", factory: registry)
        counter.increment()
        counter.destroy()
        #expect(!registry.render().contains("gone_total"))
    }

    @Test func otherPartsAreIncluded() {
        registry.include { "# TYPE other_total counter\nother_total 3\n" }
        Counter(label: "own_total", factory: registry).increment()
        let lines = text()
        #expect(lines.contains("own_total 1"))
        #expect(lines.contains("other_total 3"))
        #expect(lines.last == "metrics_dropped_series_total 0")
    }

    @Test func threadsDoNotLoseIncrements() async {
        let counter = Counter(label: "hot_total", factory: registry)
        let gauge = Meter(label: "hot_gauge", factory: registry)
        let timer = Timer(label: "hot_seconds", factory: registry)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<10_000 {
                        counter.increment()
                        gauge.increment(by: 1)
                        timer.recordNanoseconds(1)
                    }
                }
            }
        }
        #expect(text().contains("hot_total 40000"))
        #expect(text().contains("hot_gauge 40000"))
        #expect(text().contains("hot_seconds_count 40000"))
    }

    @Test func oddNumbers() {
        #expect(PrometheusText.number(.nan) == "NaN")
        #expect(PrometheusText.number(-.infinity) == "-Inf")
        #expect(PrometheusText.number(0.001) == "0.001")
        #expect(PrometheusText.number(1e20) == "1e+20")
        Counter(label: "never_falls", factory: registry).increment(by: -5)
        #expect(text().contains("never_falls 0"))
    }

    @Test func processMetrics() throws {
        let values = Dictionary(
            registry.render().split(separator: "\n").filter { $0.hasPrefix("process_") }
                .map { line in (String(line.split(separator: " ")[0]), Double(line.split(separator: " ")[1]) ?? -1) },
            uniquingKeysWith: { first, _ in first })
        #expect(try #require(values["process_resident_memory_bytes"]) > 1_000_000)
        #expect(try #require(values["process_cpu_seconds_total"]) >= 0)
        #expect(try #require(values["process_open_fds"]) > 2)
        let start = try #require(values["process_start_time_seconds"])
        #expect(abs(Date().timeIntervalSince1970 - start) < 3600)
    }

    @Test func bootstrapIsSafeToRepeat() {
        #expect(MetricsBootstrap.install() === MetricsBootstrap.install())
    }
}

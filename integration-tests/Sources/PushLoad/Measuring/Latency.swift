/// Figures of a set of delays, in milliseconds.
struct Latency: Codable {
    let p50: Double
    let p99: Double
    let max: Double

    /// - Parameter nanoseconds: at least one delay.
    init?(_ nanoseconds: [Int64]) {
        guard !nanoseconds.isEmpty else { return nil }
        let sorted = nanoseconds.sorted()
        func share(_ part: Double) -> Double {
            Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * part))]) / 1e6
        }
        self.p50 = share(0.5)
        self.p99 = share(0.99)
        self.max = share(1)
    }
}

import Glibc

/// Tells on standard error that long work goes on: on a terminal by one line that is written anew, elsewhere by a line now and then.
final class Progress {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    /// Nanoseconds between two lines.
    private let interval: Int64
    private var next: Int64
    private var isShown = false

    init() {
        self.interval = self.isTerminal ? 500_000_000 : 2_000_000_000
        self.next = Clock.now() + self.interval
    }

    /// Shows a line, unless the last one is young.
    func tell(_ now: Int64, _ text: @autoclosure () -> String) {
        guard now >= self.next else { return }
        self.next = now + self.interval
        self.write(self.isTerminal ? "\r\u{1b}[K\(text())" : "\(text())\n")
        self.isShown = self.isTerminal
    }

    /// Takes the line away, so that what is printed next stands alone.
    func end() {
        if self.isShown { self.write("\r\u{1b}[K") }
        self.isShown = false
    }

    private func write(_ text: String) {
        let bytes = Array(text.utf8)
        // A standard error that is closed must not end the measurement.
        _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}

import FoundationEssentials
import Logging
import Metrics
import NIOCore
import NIOHTTP1

/// What the answers of a direct route share on one event loop: the clock's texts, the metrics' handles and the access log. To be used on
/// that loop only.
final class DirectLoop {
    private let responder: DirectResponder
    private let eventLoop: any EventLoop
    private let log: RequestLogLine?
    /// Lines of the access log that are not written yet.
    private var lines: [UInt8] = []
    private var isWriting = false
    private var stamp = LogTimestamp.Cache()
    private var date = (second: Int.min, text: "")
    private var timer: Metrics.Timer?
    private var counters: [(status: Int, counter: Counter)] = []

    /// Bytes of lines that wait for the end of the loop's turn at most.
    private static let maximumWaiting = 64 * 1024

    init(_ responder: DirectResponder, eventLoop: any EventLoop) {
        self.responder = responder
        self.eventLoop = eventLoop
        log = (responder.logger.handler as? LineLogHandler)?.requestLine(
            method: responder.route.method.rawValue, path: responder.route.path)
    }

    /// Logs and counts an answer.
    ///
    /// - Returns: The value of its `Date`.
    func answered(_ request: DirectRequest, _ response: DirectResponse, since start: ContinuousClock.Instant) -> String {
        let status = Int(response.status.code)
        let duration = ContinuousClock.now - start
        let (seconds, attoseconds) = duration.components
        let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        counter(status).increment()
        requestTimer.recordNanoseconds(nanoseconds)
        let time = Date.now.timeIntervalSince1970
        let second = Int(time)
        if let log {
            log.append(
                to: &lines, time: stamp.text(seconds: second, milliseconds: Int((time - Double(second)) * 1000)), id: request.id,
                status: status,
                bytes: response.body.count, nanoseconds: nanoseconds)
            writeLinesSoon(log)
        } else {
            AccessLog.write(
                to: responder.logger, id: request.id, method: responder.route.method.rawValue, path: responder.route.path,
                status: status, bytes: response.body.count, duration: duration)
        }
        if date.second != second { date = (second, HTTPDateText.format(seconds: second)) }
        return date.text
    }

    /// All that are logged in one turn of the event loop are written together, before it waits for more to do.
    private func writeLinesSoon(_ log: RequestLogLine) {
        if lines.count > Self.maximumWaiting { writeLines(log) }
        guard !isWriting else { return }
        isWriting = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute {
            bound.value.isWriting = false
            bound.value.writeLines(log)
        }
    }

    private func writeLines(_ log: RequestLogLine) {
        log.sink.write(lines)
        lines.removeAll(keepingCapacity: true)
    }

    // MARK: Metrics

    private func counter(_ status: Int) -> Counter {
        if let known = counters.first(where: { $0.status == status }) { return known.counter }
        let counter = responder.metrics.counter(
            method: responder.route.method.rawValue, route: responder.route.path, status: status)
        counters.append((status, counter))
        return counter
    }

    private var requestTimer: Metrics.Timer {
        if let timer { return timer }
        let made = responder.metrics.timer(route: responder.route.path)
        timer = made
        return made
    }
}

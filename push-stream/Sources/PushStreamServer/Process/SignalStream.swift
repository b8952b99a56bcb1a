import Dispatch
import Glibc

/// The signals that control the process, as values in the order in which they came.
///
/// From the first moment they no longer have their default effect, so none is lost between start and the first read.
public final class SignalStream {
    public enum Event: Sendable, Equatable {
        /// TERM and INT: stop at once.
        case stop
        /// QUIT: stop gracefully.
        case quit
        /// USR1: reopen the logs.
        case reopen
        /// HUP.
        case reload
        /// USR2: nginx replaces its program then.
        case upgrade
    }

    public let events: AsyncStream<Event>
    private let continuation: AsyncStream<Event>.Continuation
    private let queue = DispatchQueue(label: "push-stream.signals")
    private var sources: [any DispatchSourceSignal] = []

    /// Takes the signals that a process outlives. Those that end it do so by themselves until ``takeEndings()``.
    public init() {
        let (stream, continuation) = Self.makeEvents()
        self.events = stream
        self.continuation = continuation
        for (number, event) in [(SIGUSR1, Event.reopen), (SIGHUP, .reload), (SIGUSR2, .upgrade)] { self.take(number, event) }
        // A client that is gone must not end the process.
        signal(SIGPIPE, SIG_IGN)
    }

    /// More than a few waiting signals say nothing new; the last one does.
    static func makeEvents() -> (stream: AsyncStream<Event>, continuation: AsyncStream<Event>.Continuation) {
        AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingNewest(16))
    }

    /// Takes TERM, INT and QUIT, when there is something to end in order.
    func takeEndings() {
        for (number, event) in [(SIGTERM, Event.stop), (SIGINT, .stop), (SIGQUIT, .quit)] { self.take(number, event) }
    }

    private func take(_ number: Int32, _ event: Event) {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: self.queue)
        source.setEventHandler { [continuation] in continuation.yield(event) }
        source.resume()
        self.sources.append(source)
    }
}

import Dispatch
import Foundation

/// The signals that control the process, as values in the order in which they came.
///
/// From `init` on they no longer have their default effect, so none is lost between start and the first read.
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
    }

    public let events: AsyncStream<Event>
    private let sources: [any DispatchSourceSignal]

    public init() {
        // More than a few waiting signals say nothing new.
        let (stream, continuation) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingOldest(16))
        self.events = stream
        let queue = DispatchQueue(label: "push-stream.signals")
        let table: [(Int32, Event)] = [
            (SIGTERM, .stop), (SIGINT, .stop), (SIGQUIT, .quit), (SIGUSR1, .reopen), (SIGHUP, .reload),
        ]
        self.sources = table.map { number, event in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { continuation.yield(event) }
            source.resume()
            return source
        }
        // A client that is gone must not end the process.
        signal(SIGPIPE, SIG_IGN)
    }
}

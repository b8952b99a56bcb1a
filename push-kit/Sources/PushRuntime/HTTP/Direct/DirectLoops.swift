import NIOCore
import Synchronization

/// The ``DirectLoop`` of each event loop that has connections.
final class DirectLoops: Sendable {
    let responder: DirectResponder
    private let loops = Mutex<[ObjectIdentifier: NIOLoopBound<DirectLoop>]>([:])

    init(_ responder: DirectResponder) {
        self.responder = responder
    }

    /// To be called on the event loop.
    func loop(of eventLoop: any EventLoop) -> DirectLoop {
        loops.withLock { loops in
            let key = ObjectIdentifier(eventLoop)
            if let loop = loops[key] { return loop }
            let loop = NIOLoopBound(DirectLoop(responder, eventLoop: eventLoop), eventLoop: eventLoop)
            loops[key] = loop
            return loop
        }.value
    }
}

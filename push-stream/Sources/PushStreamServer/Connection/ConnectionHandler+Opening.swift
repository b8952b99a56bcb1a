import NIOCore
import NIOPosix
import PushStreamCore
import Synchronization

/// Requests that are served before NIO knows of the connection, or after it has forgotten it.
extension ConnectionHandler {
    /// What came of a first request.
    enum Opening {
        /// It does not ask for a stream, and nothing was done.
        case isNone
        /// The connection is a subscriber's.
        case began
        /// The stream was refused, or is over. The answer has yet to be sent.
        case ended(Resumed)
    }

    /// A connection as NIO gets it: new, or back from a stream.
    struct Resumed {
        var requests: Int
        /// Milliseconds in which the next request must come.
        var keepAliveTime: Int
        var identity: ConnectionIdentity
        /// Set on an address where clients encrypt.
        var tls: TLSHandler?
        /// What the client has sent of it.
        var ahead: ByteBuffer?
        /// Answers that have yet to be sent.
        var output: ByteBuffer?
        /// Set if the connection ends with ``output``: whether the client may still send what nobody reads.
        var lingers: Bool?
    }

    /// Serves the first request of a connection, if it is for a stream.
    ///
    /// - Parameter rest: what the client has sent after the head.
    func serveStream(_ head: RequestHead, _ reading: PendingHead, rest: ByteBuffer) -> Opening {
        // The field turns a stream into a poll, which answers again and again.
        guard head.method == .get, head.body == .none, head.bytes(ModuleFields.mode) == nil else { return .isNone }
        let request = beginRequest(head, reading)
        // An error page may be a file, which is read while the connection waits.
        guard request.isForStream, request.location.errorPages.isEmpty else { return .isNone }
        hub.metrics.requests.wrappingAdd(1, ordering: .relaxed)
        if admit(request, unread: false) { handle(request) }
        if case .handedOver(let socket) = state {
            rest.withUnsafeReadableBytes { socket.receive($0) }
            return .began
        }
        hub.cancelTimer(self)
        return .ended(
            Resumed(
                requests: requests, keepAliveTime: request.location.keepAliveTimeout, identity: identity, ahead: rest,
                output: output,
                lingers: lingers))
    }
}

extension Request {
    /// Whether the answer, unless it is a refusal, is a stream.
    fileprivate var isForStream: Bool {
        guard case .subscriber(let settings) = location.handler else { return false }
        return switch settings.mode {
        case .streaming, .eventSource, .webSocket: true
        case .polling, .longPolling: false
        }
    }
}

extension LoopHub {
    /// Gives a socket to NIO, whose channel closes it.
    func adopt(_ descriptor: Int32, listener: LoopListener, _ resumed: ConnectionHandler.Resumed) {
        let handler = NIOLoopBound(ConnectionHandler(hub: self, listener: listener, resumed: resumed), eventLoop: eventLoop)
        let limit = limits.subscriberQueueSize
        ClientBootstrap(group: eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try PushStreamEngine.configure(channel, handler.value, queueSize: limit)
                }
            }
            .withConnectedSocket(descriptor)
            .whenFailure { _ in }
    }
}

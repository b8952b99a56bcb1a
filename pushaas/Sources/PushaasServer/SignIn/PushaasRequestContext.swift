import Hummingbird
import PushRuntime

/// What pushaas knows of a request beside the request itself.
struct PushaasRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The other end of the connection, which may be a proxy; `nil` on a Unix socket.
    let peer: IPAddress?

    init(source: ApplicationRequestContextSource) {
        self.coreContext = CoreRequestContextStorage(source: source)
        self.peer = source.channel.remoteAddress.flatMap { IPAddress($0) }
    }
}

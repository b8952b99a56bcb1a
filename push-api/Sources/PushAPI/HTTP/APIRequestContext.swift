import Hummingbird
import PushRuntime

/// What push-api knows of a request beside the request itself.
struct APIRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The other end of the connection, which may be a proxy; `nil` on a Unix socket.
    let peer: IPAddress?
    /// Who makes the request; `nobody` until ``AuthenticationMiddleware`` has looked.
    var principal = Principal.nobody
    /// What the request may take of its key's limits; `nil` without limits, and on routes that are not limited.
    var quota: RequestQuota?

    init(source: ApplicationRequestContextSource) {
        self.coreContext = CoreRequestContextStorage(source: source)
        self.peer = source.channel.remoteAddress.flatMap { IPAddress($0) }
    }
}

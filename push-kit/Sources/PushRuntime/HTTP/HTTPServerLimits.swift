import NIOCore
import NIOHTTP1

/// What a client may cost a server. The defaults suit an API with small requests behind a load balancer.
public struct HTTPServerLimits: Sendable {
    /// Bytes of one header's name and value, and of the request target. Above: 431.
    public var maximumHeaderFieldSize = 16 * 1024
    /// Bytes of the request target and all headers together. Above: 431.
    public var maximumHeaderListSize = 32 * 1024
    /// Headers of one request. Above: 431.
    public var maximumHeaderCount = 100
    /// From the connection's start to the end of its first request's headers.
    public var headTimeout: TimeAmount = .seconds(10)
    /// From the end of a request's headers to the end of its body. Above: 408.
    public var bodyTimeout: TimeAmount = .seconds(30)
    /// From a response to the end of the next request's headers. Load balancers keep connections 60 s; a server that
    /// closes first makes them answer 502.
    public var idleTimeout: TimeAmount = .seconds(75)
    /// A client that takes no byte of a response for this long is disconnected.
    public var writeTimeout: TimeAmount = .seconds(30)
    /// After the last response of a connection, for the client to read it before the socket is closed.
    public var lingerTimeout: TimeAmount = .seconds(2)
    /// Open connections; further ones wait in the listen queue.
    public var maximumConnections = 4096

    public init() {}

    var decoderLimits: NIOHTTPDecoderLimitConfiguration {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = maximumHeaderFieldSize
        limits.maxHeaderListSize = maximumHeaderListSize
        limits.maxHeaderFieldCount = maximumHeaderCount
        return limits
    }
}

/// The request's body did not arrive within `HTTPServerLimits.bodyTimeout`.
struct RequestTimeoutError: Error {}

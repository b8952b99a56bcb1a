import NginxConf
import PushStreamCore

/// A request with the settings that hold for it. A class: it is large and goes through many hands.
final class Request {
    var body: [UInt8] = []
    let variables: VariableScope<RequestVariables>
    /// Its places in the limits.
    var tickets: [ConnectionTicket] = []
    /// Whether its response lets the connection go on.
    var answersKeepAlive = false
    /// How often it began anew with another path.
    var redirects = 0
    /// What the client gets instead of the handler's status, because this is the page of an error.
    var errorStatus: Int?
    var isErrorPage = false
    /// Whether a part of the request was not read, so that the connection cannot go on.
    var leavesUnread = false
    /// Whether `try_files` has chosen the path.
    var hasTriedFiles = false
    private let place: Location

    init(_ route: Route<RequestVariables>) {
        place = route.location
        variables = route.variables
    }

    /// The same request with another path.
    convenience init(_ other: Request, path: String) {
        var head = other.head
        head.path = path
        var variables = other.variables
        variables.request = variables.request.with(head)
        self.init(Route(location: other.place, variables: variables))
        tickets = other.tickets
        other.tickets = []
        (redirects, hasTriedFiles) = (other.redirects, other.hasTriedFiles)
        (errorStatus, isErrorPage, leavesUnread) = (other.errorStatus, other.isErrorPage, other.leavesUnread)
    }

    var head: RequestHead { _read { yield variables.request.head } }

    var location: LocationSettings { _read { yield place.settings } }

    /// Of a response that has none of its own.
    var contentType: String { location.contentType(ofPath: head.path) }
    /// Value of `Server`.
    var serverName: String { EngineVersion.serverName(showsVersion: location.serverTokens) }

    /// A value as the module takes it: variables replaced, then percent-decoded.
    func evaluate(_ value: ComplexValue?) -> [UInt8]? {
        value.map { PercentDecoding.decode(Array($0.evaluate(variables).utf8)) }
    }

    func text(_ value: ComplexValue?) -> String? {
        evaluate(value).map { HTTPResponse.sanitised(String(decoding: $0, as: UTF8.self)) }
    }

    /// Whether somebody reads the body.
    var wantsBody: Bool {
        guard case .publisher = location.handler else { return false }
        return switch head.method {
        case .post, .put, .delete: true
        default: false
        }
    }

    /// `allow` and `deny`: the first that matches decides; without a match everybody may enter.
    var isAllowed: Bool {
        if location.accessRules.isEmpty { return true }
        guard let address = ClientAddress(variables.request.connection.remoteHost) else { return false }
        return location.accessRules.first { $0.network.contains(address) }?.allows ?? true
    }

    func errorPage(_ status: Int) -> HTTPResponse {
        ErrorPage.response(status, server: serverName)
    }
}

/// A request whose head is complete and whose body is being read.
final class PendingRequest {
    let request: Request
    var body: RequestBodyReader

    init(_ request: Request) {
        self.request = request
        body = RequestBodyReader(request.head.body, limit: request.location.maxBodySize, keeps: request.wantsBody)
    }
}

/// A head that is being read. In a class, so that a connection that streams has nothing of it.
final class PendingHead {
    var reader: RequestHeadReader
    /// When its first byte came, if the rest came later; in milliseconds since 1970.
    var started: Int?
    /// Whether it came before the answer to the one before it.
    var isPipelined = false
    /// What holds for the request, whatever a reload changes while its head comes.
    let listener: ListenerContext

    init(_ listener: ListenerContext) {
        self.listener = listener
        let settings = listener.defaultServer.settings
        reader = RequestHeadReader(
            limits: RequestHeadReader.Limits(
                initialBuffer: settings.headerBufferSize, bufferCount: settings.largeHeaderBuffers.count,
                bufferSize: settings.largeHeaderBuffers.size))
    }
}

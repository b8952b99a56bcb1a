import NginxConf
import PushStreamCore

/// A request with the settings that hold for it. A class: it is large and goes through many hands.
final class Request {
    var body: [UInt8] = []
    let variables: VariableScope<RequestVariables>
    let log: LogFile?
    private let place: Location

    init(_ route: Route<RequestVariables>, log: LogFile?) {
        place = route.location
        variables = route.variables
        self.log = log
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

import NIOCore
import NginxConf
import PushStreamCore

/// The variables of one request, for the values and conditions of nginx.conf. A class: a request's values go through many hands.
final class RequestVariables: VariableSource {
    let head: RequestHead
    let connection: ConnectionAddresses
    let server: ServerContext
    let hostname: String
    /// Milliseconds since 1970.
    let now: Int
    let requestsOfConnection: Int
    let identity: ConnectionIdentity
    /// When its first byte came, in milliseconds since 1970.
    let started: Int
    /// nil if the connection is not encrypted.
    let tls: TLSSession?
    /// Whether it came before the answer to the one before it.
    var isPipelined = false
    /// Bytes of the body that have come.
    var bodyLength = 0
    /// Set where `limit_conn` counts.
    var limitOutcome: ConnectionLimits.Outcome?

    /// 32 hexadecimal digits, the same for every use of one request.
    private lazy var requestID = (0..<2).map { _ in
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()

    init(
        head: RequestHead, connection: ConnectionAddresses, server: ServerContext, hostname: String, now: Int,
        requestsOfConnection: Int, identity: ConnectionIdentity, started: Int, tls: TLSSession?
    ) {
        self.head = head
        self.connection = connection
        self.server = server
        self.hostname = hostname
        self.now = now
        self.requestsOfConnection = requestsOfConnection
        self.identity = identity
        self.started = started
        self.tls = tls
    }

    func value(of variable: Variable) -> String? {
        switch variable {
        case .builtIn(let variable): builtIn(variable)
        case .argument(let name): head.argument(name)
        case .requestHeader(let name): head.text(String(name.map { $0 == "_" ? "-" : $0 }))
        case .cookie(let name): cookie(name)
        case .responseHeader, .capture, .user: nil
        }
    }

    /// The same request with another head.
    func with(_ head: RequestHead) -> RequestVariables {
        let variables = RequestVariables(
            head: head, connection: connection, server: server, hostname: hostname, now: now,
            requestsOfConnection: requestsOfConnection, identity: identity, started: started, tls: tls)
        variables.requestID = requestID
        (variables.bodyLength, variables.limitOutcome, variables.isPipelined) = (bodyLength, limitOutcome, isPipelined)
        return variables
    }

    private func builtIn(_ variable: BuiltInVariable) -> String? {
        switch variable {
        case .args, .queryString: head.query
        case .isArgs: head.query?.isEmpty ?? true ? "" : "?"
        case .uri, .documentURI: head.path.isEmpty ? nil : head.path
        case .requestURI: head.target.isEmpty ? nil : head.target
        case .requestMethod: head.method.name
        case .request: head.target.isEmpty ? nil : "\(head.method.name) \(head.target) HTTP/1.\(head.minorVersion)"
        case .requestLength: String(head.length + bodyLength)
        case .requestTime: LogTime.seconds(max(0, now - started))
        case .requestCompletion: ""
        case .remoteUser: head.text("authorization").flatMap(BasicCredentials.user)
        case .requestID: requestID
        case .scheme: tls == nil ? "http" : "https"
        case .https: tls == nil ? "" : "on"
        case .sslProtocol: tls?.protocolName
        case .sslCipher: tls?.cipher
        case .sslCurve: tls?.curve
        case .sslServerName: tls?.serverName
        case .sslSessionReused: tls.map { $0.isResumed ? "r" : "." }
        case .sslALPNProtocol: tls?.applicationProtocol
        case .host: head.host.isEmpty ? server.settings.names.first : head.host
        case .hostname: hostname
        case .remoteAddress: connection.remoteHost
        case .binaryRemoteAddress: connection.remoteHost
        case .remotePort: connection.remotePort.map(String.init)
        case .serverAddress: connection.localHost
        case .serverPort: connection.localPort.map(String.init)
        case .serverName: server.settings.names.first
        case .serverProtocol: "HTTP/1.\(head.minorVersion)"
        case .contentType: head.text("content-type")
        case .contentLength: head.text("content-length")
        case .connection: String(identity.serial)
        case .connectionTime: LogTime.seconds(max(0, ProcessIdentity.now() - identity.started))
        case .limitStatus: limitOutcome?.rawValue
        case .connectionRequests: String(requestsOfConnection)
        case .status, .bodyBytesSent, .bytesSent: nil
        case .pipe: isPipelined ? "p" : "."
        case .pid: String(ProcessIdentity.pid)
        case .msec: LogTime.seconds(now)
        case .timeISO8601: LogTime.iso8601(now)
        case .timeLocal: LogTime.local(now)
        case .nginxVersion: EngineVersion.number
        }
    }

    private func cookie(_ name: String) -> String? {
        for pair in (head.text("cookie") ?? "").split(separator: ";") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, parts[0].drop(while: { $0 == " " }).lowercased() == name.lowercased() { return String(parts[1]) }
        }
        return nil
    }
}

/// The two ends of a connection. They become text when a configuration asks for it.
final class ConnectionAddresses {
    private let remote: SocketAddress?
    private let local: SocketAddress?

    init(remote: SocketAddress?, local: SocketAddress?) {
        self.remote = remote
        self.local = local
    }

    /// Without port; `unix:` for a client on this machine.
    private(set) lazy var remoteHost = remote?.ipAddress ?? "unix:"
    private(set) lazy var localHost = local?.ipAddress
    /// Where the client has connected to, as messages call it.
    var server: String { local?.listenName ?? "unix:" }
    var remotePort: Int? { remote?.port }
    var localPort: Int? { local?.port }
}

/// A connection among all of this process, also after a stream had it.
struct ConnectionIdentity {
    /// Counts from 1.
    var serial: UInt32
    /// Milliseconds since 1970.
    var started: Int
}

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
    /// nil if the connection is not encrypted.
    let tls: TLSSession?

    init(
        head: RequestHead, connection: ConnectionAddresses, server: ServerContext, hostname: String, now: Int,
        requestsOfConnection: Int, tls: TLSSession? = nil
    ) {
        self.head = head
        self.connection = connection
        self.server = server
        self.hostname = hostname
        self.now = now
        self.requestsOfConnection = requestsOfConnection
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

    private func builtIn(_ variable: BuiltInVariable) -> String? {
        switch variable {
        case .args, .queryString: head.query
        case .isArgs: head.query?.isEmpty ?? true ? "" : "?"
        case .uri, .documentURI: head.path
        case .requestURI: head.target
        case .requestMethod: head.method.name
        case .request: "\(head.method.name) \(head.target) HTTP/1.\(head.minorVersion)"
        case .requestLength: String(head.length)
        case .requestTime: "0.000"
        case .requestCompletion, .pipe, .remoteUser: ""
        case .requestID: String(UInt64.random(in: .min ... .max), radix: 16) + String(UInt64.random(in: .min ... .max), radix: 16)
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
        case .connection: nil
        case .connectionRequests: String(requestsOfConnection)
        case .status, .bodyBytesSent, .bytesSent: nil
        case .pid: String(ProcessIdentity.pid)
        case .msec: "\(now / 1000).\(String(1000 + now % 1000).dropFirst())"
        case .timeISO8601: HTTPDate.formatISO8601(now / 1000) + "+00:00"
        case .timeLocal: HTTPDate.formatLog(now / 1000)
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
    var remotePort: Int? { remote?.port }
    var localPort: Int? { local?.port }
}

/// The variables of a request that was answered, for the access log.
struct LogVariables: VariableSource {
    var request: VariableScope<RequestVariables>
    var status: Int
    var bodyBytes: Int

    func value(of variable: Variable) -> String? {
        switch variable {
        case .builtIn(.status): String(status)
        case .builtIn(.bodyBytesSent): String(bodyBytes)
        default: request.value(of: variable)
        }
    }
}

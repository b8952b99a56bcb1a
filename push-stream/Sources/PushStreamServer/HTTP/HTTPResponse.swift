import NIOCore
import PushStreamCore

/// The head of a response, and its body unless that is a stream. Fields stand in Nginx's order.
struct HTTPResponse {
    enum Body {
        /// With `Content-Length`.
        case bytes([UInt8])
        /// Sent apart, with this `Content-Length`.
        case length(Int)
        /// None, and no field about it.
        case absent
        /// Chunked in HTTP/1.1; until the connection closes in HTTP/1.0.
        case stream
    }

    var status: Int
    var contentType: String?
    var lastModified: Int?
    var location: String?
    /// Seconds that `Keep-Alive` tells where the connection goes on.
    var keepAliveHeader: Int?
    /// What every response of a location has.
    var leadingFields: [(name: String, value: String)] = []
    /// Everything else, in the order in which it was added.
    var fields: [(name: String, value: String)] = []
    /// What Nginx writes behind `add_header`.
    var lastFields: [(name: String, value: String)] = []
    var body: Body = .bytes([])
    /// HEAD: the length is told, the bytes are not sent.
    var omitsBody = false
    /// Nginx ends the connection after these.
    var closes = false

    init(_ status: Int, contentType: String? = nil, body: [UInt8] = []) {
        self.status = status
        self.contentType = contentType
        self.body = .bytes(body)
    }

    init(_ status: Int, contentType: String, text: String) {
        self.init(status, contentType: contentType, body: Array(text.utf8))
    }

    /// A refusal in the module's manner: no body, the reason in a field.
    static func refusal(_ error: StoreError) -> HTTPResponse {
        var response = HTTPResponse(error.status)
        response.fields.append((ModuleFields.explain, error.explanation))
        return response
    }

    /// A stream's head for this client: HTTP/1.0 has no chunks, so there the end of the connection ends the body.
    static func stream(_ contentType: String) -> HTTPResponse {
        var response = HTTPResponse(200, contentType: contentType)
        response.body = .stream
        return response
    }

    func render(into buffer: inout ByteBuffer, server: String, date: String, minorVersion: Int, isKeepAlive: Bool) {
        // Piece by piece: strings that are put together first cost more than all else that a publish does.
        buffer.writeStaticString("HTTP/1.1 ")
        buffer.writeString(String(status))
        buffer.writeStaticString(" ")
        buffer.writeString(HTTPStatus.reason(status))
        buffer.writeStaticString("\r\n")
        Self.write("Server", server, into: &buffer)
        Self.write("Date", date, into: &buffer)
        if let contentType, status != 204 { Self.write("Content-Type", contentType, into: &buffer) }
        if case .bytes(let body) = body, status != 204 { Self.write("Content-Length", String(body.count), into: &buffer) }
        if case .length(let count) = body { Self.write("Content-Length", String(count), into: &buffer) }
        if let lastModified { Self.write("Last-Modified", HTTPDate.format(lastModified), into: &buffer) }
        if let location { Self.write("Location", location, into: &buffer) }
        if case .stream = body, minorVersion == 1 { buffer.writeStaticString("Transfer-Encoding: chunked\r\n") }
        if isKeepAlive {
            buffer.writeStaticString("Connection: keep-alive\r\n")
            if let keepAliveHeader { Self.write("Keep-Alive", "timeout=\(keepAliveHeader)", into: &buffer) }
        } else {
            buffer.writeStaticString("Connection: close\r\n")
        }
        for field in leadingFields { Self.write(field.name, field.value, into: &buffer) }
        for field in fields { Self.write(field.name, field.value, into: &buffer) }
        for field in lastFields { Self.write(field.name, field.value, into: &buffer) }
        buffer.writeStaticString("\r\n")
        if case .bytes(let body) = body, !omitsBody, status != 204 { buffer.writeBytes(body) }
    }

    private static func write(_ name: String, _ value: String, into buffer: inout ByteBuffer) {
        buffer.writeString(name)
        buffer.writeStaticString(": ")
        buffer.writeString(value)
        buffer.writeStaticString("\r\n")
    }

    /// A value from a client or a configuration must not start another field.
    static func sanitised(_ value: String) -> String {
        value.utf8.contains { $0 < 0x20 || $0 == 0x7F }
            ? String(String.UnicodeScalarView(value.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F })) : value
    }
}

/// Names of fields that the Nginx module defines, and of ours.
enum ModuleFields {
    static let explain = "X-Nginx-PushStream-Explain"
    static let mode = "x-nginx-pushstream-mode"
    /// The version whose behaviour this engine has.
    static let tag = "X-Nginx-PushStream-Tag"
    static let commit = "X-Nginx-PushStream-Commit"
    /// These three are repeated from push-kit's PushStreamHeaders: the engine does not depend on it.
    static let ensureChannel = "x-pushservice-ensure-channel"
    static let agent = "x-pushservice-agent"
    static let instance = "X-PushService-Instance"

    static let allowedHeaders = "If-Modified-Since,If-None-Match,Etag,Event-Id,Event-Type,Last-Event-Id"
    static let noCache: [(name: String, value: String)] = [
        ("Expires", "Thu, 01 Jan 1970 00:00:01 GMT"), ("Cache-Control", "no-cache, no-store, must-revalidate"),
    ]
}

enum HTTPStatus {
    static func reason(_ status: Int) -> String {
        switch status {
        case 100: "Continue"
        case 101: "Switching Protocols"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 206: "Partial Content"
        case 301: "Moved Permanently"
        case 302: "Moved Temporarily"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 402: "Payment Required"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Not Allowed"
        case 406: "Not Acceptable"
        case 407: "Proxy Authentication Required"
        case 408: "Request Time-out"
        case 409: "Conflict"
        case 410: "Gone"
        case 411: "Length Required"
        case 412: "Precondition Failed"
        case 413: "Request Entity Too Large"
        case 414: "Request-URI Too Large"
        case 415: "Unsupported Media Type"
        case 416: "Requested Range Not Satisfiable"
        case 421: "Misdirected Request"
        case 429: "Too Many Requests"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Temporarily Unavailable"
        case 504: "Gateway Time-out"
        case 505: "HTTP Version Not Supported"
        case 507: "Insufficient Storage"
        default: ""
        }
    }

    /// How Nginx's page for the status calls it; nil for a status that has no page.
    static func title(_ status: Int) -> String? {
        switch status {
        case 302: "Found"
        case 401: "Authorization Required"
        case 301, 303, 307, 308, 400...: reason(status).isEmpty ? nil : reason(status)
        default: nil
        }
    }

    /// `add_header` without `always` applies to these.
    static func takesAddedHeaders(_ status: Int) -> Bool {
        switch status {
        case 200, 201, 204, 206, 301, 302, 303, 304, 307, 308: true
        default: false
        }
    }
}

/// Bodies of plain HTTP errors, in Nginx's form.
enum ErrorPage {
    static func response(_ status: Int, server: String, detail: String? = nil) -> HTTPResponse {
        guard let name = HTTPStatus.title(status) else { return HTTPResponse(status) }
        let title = "\(status) \(detail ?? name)"
        let heading = "\(status) \(name)"
        var html = "<html>\r\n<head><title>\(title)</title></head>\r\n<body>\r\n<center><h1>\(heading)</h1></center>\r\n"
        if let detail { html += "<center>\(detail)</center>\r\n" }
        html += "<hr><center>\(server)</center>\r\n</body>\r\n</html>\r\n"
        var response = HTTPResponse(status, contentType: "text/html", text: html)
        response.closes = [400, 408, 413, 414, 500, 501].contains(status)
        return response
    }

    static func response(_ failure: HTTPFailure, server: String) -> HTTPResponse {
        response(failure.status, server: server, detail: failure == .headerTooLarge ? "Request Header Or Cookie Too Large" : nil)
    }
}

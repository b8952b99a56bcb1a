import FoundationEssentials
import NginxConf
import PushStreamCore

/// What became of a request, as far as variables tell it.
struct RequestOutcome {
    /// Times are milliseconds since 1970.
    var started: Int
    var ended: Int
    var status: Int
    /// Bytes of head and body that were sent.
    var bytes = 0
    var headBytes = 0
    /// Whether the client got all of it.
    var isComplete = true
    var isKeepAlive = false
    var response: HTTPResponse?

    /// Notes a head that comes at the end.
    mutating func answer(_ response: HTTPResponse, headBytes: Int, isKeepAlive: Bool) {
        status = response.status
        self.response = response
        self.headBytes = headBytes
        self.isKeepAlive = isKeepAlive
    }
}

/// The variables of a request that is answered: for `add_header` and the access log.
struct AnsweredRequest<Base: VariableSource>: VariableSource {
    let base: Base
    let outcome: RequestOutcome

    func value(of variable: Variable) -> String? {
        switch variable {
        case .builtIn(.status): outcome.status < 100 ? "00\(outcome.status)" : String(outcome.status)
        case .builtIn(.bytesSent): String(outcome.bytes)
        case .builtIn(.bodyBytesSent): String(max(0, outcome.bytes - outcome.headBytes))
        case .builtIn(.requestTime): LogTime.seconds(max(0, outcome.ended - outcome.started))
        case .builtIn(.requestCompletion): outcome.isComplete ? "OK" : ""
        case .builtIn(.msec): LogTime.seconds(outcome.ended)
        case .builtIn(.timeLocal): LogTime.local(outcome.ended)
        case .builtIn(.timeISO8601): LogTime.iso8601(outcome.ended)
        case .responseHeader(let name): outcome.response?.value(ofVariable: name, isKeepAlive: outcome.isKeepAlive)
        default: base.value(of: variable)
        }
    }
}

/// What a stream's line still needs at its end: everything else is text by then.
struct NoVariables: VariableSource {
    func value(of variable: Variable) -> String? { nil }
}

extension Variable {
    /// Whether only the end of the request decides the value.
    ///
    /// - Parameter hasHead: whether the response's head is known.
    func isLate(hasHead: Bool) -> Bool {
        switch self {
        case .builtIn(let variable):
            switch variable {
            case .status, .bytesSent, .bodyBytesSent, .requestTime, .requestCompletion, .msec, .timeLocal, .timeISO8601,
                .connectionTime:
                true
            default: false
            }
        case .responseHeader: !hasHead
        default: false
        }
    }
}

extension HTTPResponse {
    /// A field by its name in `$sent_http_`: lower case, underscores for dashes.
    func value(ofVariable name: String, isKeepAlive: Bool) -> String? {
        switch name {
        case "content_type": return status == 204 ? nil : contentType
        case "content_length":
            switch body {
            case .bytes(let bytes): return status == 204 ? nil : String(bytes.count)
            case .length(let count): return String(count)
            case .stream, .absent: return nil
            }
        case "last_modified": return lastModified.map { HTTPDate.format($0) }
        case "location": return location
        case "connection": return isKeepAlive ? "keep-alive" : "close"
        case "transfer_encoding":
            if case .stream = body { return "chunked" }
            return nil
        default:
            let found = (leadingFields + fields + lastFields).filter { field in
                field.name.utf8.count == name.utf8.count
                    && zip(field.name.utf8, name.utf8).allSatisfy { Self.variableByte($0) == $1 }
            }
            return found.isEmpty ? nil : found.map(\.value).joined(separator: ", ")
        }
    }

    private static func variableByte(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "-"): UInt8(ascii: "_")
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte | 0x20
        default: byte
        }
    }
}

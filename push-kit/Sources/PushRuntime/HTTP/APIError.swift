import FoundationEssentials
import HTTPTypes
import Hummingbird

/// An error that a client may see: `{"code": N, "message": "..."}` with a status.
public struct APIError: Error, Sendable, HTTPResponseError {
    public let status: HTTPResponse.Status
    /// The application's number for this error. Errors that only HTTP knows use the status code.
    public let code: Int
    /// Constant text for the caller. Nothing internal or secret.
    public let message: String
    public let headers: HTTPFields

    public init(_ status: HTTPResponse.Status, code: Int, message: String, headers: HTTPFields = [:]) {
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers
    }

    /// An error that only HTTP knows, with the status as its code.
    public init(_ status: HTTPResponse.Status, message: String? = nil, headers: HTTPFields = [:]) {
        self.init(status, code: status.code, message: message ?? status.reasonPhrase, headers: headers)
    }

    public func response() -> Response {
        var headers = headers
        headers[.contentType] = "application/json; charset=utf-8"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    public func response(from request: Request, context: some RequestContext) throws -> Response { response() }

    /// The JSON object alone.
    var body: [UInt8] {
        var bytes = Array("{\"code\":\(code),\"message\":".utf8)
        JSONText.appendString(message, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}

import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Metrics
import NIOCore
import Synchronization
import Testing

@testable import PushRuntime

/// Log lines of one test.
private final class Recorder: Sendable {
    private let pipe = Pipe()
    let logger: Logger

    init(level: Logger.Level = .trace) {
        let sink = LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        logger = Logger(label: "test") { LineLogHandler(label: $0, level: level, format: .json, sink: sink) }
    }

    /// Ends the recording.
    func lines() -> [[String: Any]] {
        pipe.fileHandleForWriting.closeFile()
        return pipe.fileHandleForReading.readDataToEndOfFile().split(separator: 0x0A)
            .compactMap { try? JSONSerialization.jsonObject(with: Data($0)) as? [String: Any] }
    }
}

private struct Secret: Error { let text = "internal detail" }

private struct Payload: Decodable { let id: String }

/// Small limits, to test them cheaply.
private struct SmallContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    init(source: Source) { coreContext = .init(source: source) }
    var maxUploadSize: Int { 100 }
}

private func application(
    registry: PrometheusRegistry = PrometheusRegistry(), logger: Logger = .quiet
) -> some ApplicationProtocol {
    let router = Router(context: SmallContext.self, options: [.autoGenerateHeadEndpoints])
    router.add(middleware: RequestIDMiddleware())
    router.add(middleware: AccessLogMiddleware())
    router.add(middleware: RequestMetricsMiddleware(factory: registry))
    router.add(middleware: SecurityHeadersMiddleware(cacheablePrefixes: ["/static/"]))
    router.add(middleware: ErrorMappingMiddleware())
    router.get("ok/{id}") { _, context in context.requestID }
    router.post("ok/{id}") { _, _ in "posted" }
    router.get("api") { _, _ -> String in
        throw APIError(.conflict, code: 11, message: "It \"exists\"", headers: [.retryAfter: "1"])
    }
    router.get("http") { _, _ -> String in throw HTTPError(.forbidden, message: "No") }
    router.get("internal") { _, _ -> String in throw HTTPError(.internalServerError, message: "internal detail") }
    router.get("boom") { _, _ -> String in throw Secret() }
    router.post("json") { request, context in try await request.decode(as: Payload.self, context: context).id }
    router.get("static/x") { _, _ in "file" }
    router.get("healthz") { _, _ in "alive" }
    router.group("private").add(middleware: BasicAuthenticationMiddleware(user: "app", password: "pä:ss", realm: "a\"b"))
        .get { _, _ in "in" }
    router.answerOtherMethods(hasAutomaticHead: true)
    return Application(router: router, logger: logger)
}

private func get(_ uri: String, method: HTTPRequest.Method = .get, headers: HTTPFields = [:], body: String = "") async throws
    -> TestResponse
{
    try await application().test(.router) {
        try await $0.execute(uri: uri, method: method, headers: headers, body: ByteBuffer(string: body))
    }
}

@Suite struct ErrorMappingTests {
    private func expect(
        _ response: TestResponse, _ status: HTTPResponse.Status, _ body: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(response.status == status, sourceLocation: sourceLocation)
        #expect(String(buffer: response.body) == body, sourceLocation: sourceLocation)
        #expect(response.headers[.contentType] == "application/json; charset=utf-8", sourceLocation: sourceLocation)
    }

    @Test func ownErrors() async throws {
        let response = try await get("/api")
        expect(response, .conflict, #"{"code":11,"message":"It \"exists\""}"#)
        #expect(response.headers[.retryAfter] == "1")
    }

    @Test func errorsOfTheFramework() async throws {
        expect(try await get("/http"), .forbidden, #"{"code":403,"message":"No"}"#)
        expect(try await get("/internal"), .internalServerError, #"{"code":500,"message":"Internal Server Error"}"#)
        expect(try await get("/nowhere"), .notFound, #"{"code":404,"message":"Not Found"}"#)
    }

    @Test(arguments: ["", "{", "[]", "{\"id\":5}", "{}", "\u{0}"]) func malformedBodies(_ body: String) async throws {
        let response = try await get("/json", method: .post, headers: [.contentType: "application/json"], body: body)
        #expect(response.status == .badRequest)
        #expect(String(buffer: response.body).hasPrefix(#"{"code":400,"message":""#))
    }

    @Test func oversizeBody() async throws {
        let body = "{\"id\":\"\(String(repeating: "x", count: 200))\"}"
        expect(
            try await get("/json", method: .post, body: body), .contentTooLarge, #"{"code":413,"message":"Content Too Large"}"#)
    }

    @Test func unknownErrorsStayInside() async throws {
        let recorder = Recorder()
        try await application(logger: recorder.logger).test(.router) { client in
            let response = try await client.execute(uri: "/boom", method: .get)
            expect(response, .internalServerError, #"{"code":500,"message":"Internal error"}"#)
        }
        #expect(recorder.lines().contains { ($0["error"] as? String)?.contains("internal detail") == true })
    }

    @Test func otherMethodsAre405WithAllow() async throws {
        for method in ["PUT", "DELETE", "PROPFIND", "TRACE", "PATCH"] {
            let response = try await get("/ok/5", method: HTTPRequest.Method(method)!)
            expect(response, .methodNotAllowed, #"{"code":405,"message":"Method Not Allowed"}"#)
            #expect(response.headers[.allow] == "GET, HEAD, OPTIONS, POST")
        }
        let options = try await get("/ok/5", method: .options)
        #expect(options.status == .noContent)
        #expect(options.headers[.allow] == "GET, HEAD, OPTIONS, POST")
        let head = try await get("/ok/5", method: .head)
        #expect(head.status == .ok)
        #expect(try await get("/nowhere", method: .put).status == .notFound)
    }
}

@Suite struct BasicAuthenticationTests {
    private func status(_ authorization: String?) async throws -> Int {
        try await get("/private", headers: authorization.map { [.authorization: $0] } ?? [:]).status.code
    }

    private func basic(_ credentials: String) -> String { "Basic \(Data(credentials.utf8).base64EncodedString())" }

    @Test func rightCredentials() async throws {
        #expect(try await status(basic("app:pä:ss")) == 200)
        #expect(try await status("bASIC " + Data("app:pä:ss".utf8).base64EncodedString()) == 200)
    }

    @Test func wrongCredentials() async throws {
        for credentials in ["app:", "app:pä:s", "app:pä:sss", "Xpp:pä:ss", ":pä:ss", "app", "", ":", "app:pä:ss "] {
            #expect(try await status(basic(credentials)) == 401, "\(credentials)")
        }
    }

    @Test(arguments: ["", "Basic", "Basic ", "Basic !!!", "Bearer abc", "Basic YQ", "basic\tYTpi", "Basic ===="])
    func malformedHeaders(_ header: String) async throws {
        #expect(try await status(header) == 401)
    }

    @Test func missingAndDoubleHeaders() async throws {
        let response = try await get("/private")
        #expect(response.status == .unauthorized)
        #expect(response.headers[.wwwAuthenticate] == "Basic realm=\"ab\", charset=\"UTF-8\"")
        #expect(String(buffer: response.body).hasPrefix(#"{"code":401,"message":"Sign in with "#))
        var headers = HTTPFields()
        headers.append(HTTPField(name: .authorization, value: basic("app:pä:ss")))
        headers.append(HTTPField(name: .authorization, value: basic("x:y")))
        #expect(try await get("/private", headers: headers).status == .unauthorized)
    }
}

@Suite struct RequestIDTests {
    @Test func saneIDsAreKept() async throws {
        let response = try await get("/ok/1", headers: [.requestID: "abc-1.2:Z=+/_"])
        #expect(response.headers[.requestID] == "abc-1.2:Z=+/_")
        #expect(String(buffer: response.body) == "abc-1.2:Z=+/_")
    }

    @Test(arguments: ["", "a b", "<script>", String(repeating: "x", count: 129), "ä", "a\"b"]) func othersAreReplaced(
        _ id: String
    ) async throws {
        let made = try #require(try await get("/ok/1", headers: [.requestID: id]).headers[.requestID])
        #expect(made.wholeMatch(of: /[0-9a-f]{32}/) != nil)
    }

    @Test func errorsHaveIDsToo() async throws {
        #expect(try await get("/nowhere").headers[.requestID]?.count == 32)
        #expect(try await get("/ok/1").headers[.requestID] != (try await get("/ok/1").headers[.requestID]))
    }
}

@Suite struct ObservationTests {
    @Test func accessLogHasOneLineWithoutQuery() async throws {
        let recorder = Recorder()
        try await application(logger: recorder.logger).test(.router) { client in
            _ = try await client.execute(uri: "/ok/7?token=secret", method: .get, headers: [.requestID: "r1"])
            _ = try await client.execute(uri: "/healthz", method: .get)
            _ = try await client.execute(uri: "/nowhere", method: .get)
        }
        let lines = recorder.lines().filter { $0["message"] as? String == "request" }
        #expect(lines.count == 3)
        #expect(lines[0]["method"] as? String == "GET")
        #expect(lines[0]["path"] as? String == "/ok/7")
        #expect(lines[0]["status"] as? Int == 200)
        #expect(lines[0]["bytes"] as? Int == 2)
        #expect(lines[0]["duration_ms"] is Double)
        #expect(lines[0]["hb.request.id"] as? String == "r1")
        #expect(lines[0]["level"] as? String == "info")
        #expect(lines[1]["level"] as? String == "debug")
        #expect(lines[2]["status"] as? Int == 404)
        #expect(!lines.description.contains("secret"))
    }

    @Test func metricsHaveBoundedLabels() async throws {
        let registry = PrometheusRegistry()
        try await application(registry: registry).test(.router) { client in
            for number in 0..<20 {
                _ = try await client.execute(uri: "/ok/\(number)", method: .get)
                _ = try await client.execute(uri: "/scan/\(number)", method: .get)
            }
            _ = try await client.execute(uri: "/ok/1", method: HTTPRequest.Method("PROPFIND")!)
            _ = try await client.execute(uri: "/boom", method: .get)
        }
        let text = registry.render()
        #expect(text.contains(#"http_server_requests_total{method="GET",route="/ok/{id}",status="200"} 20"#))
        #expect(text.contains(#"http_server_requests_total{method="GET",route="unmatched",status="404"} 20"#))
        #expect(text.contains(#"http_server_requests_total{method="OTHER",route="/ok/{id}",status="405"} 1"#))
        #expect(text.contains(#"http_server_requests_total{method="GET",route="/boom",status="500"} 1"#))
        #expect(text.contains("# HELP http_server_requests_total Requests answered."))
        #expect(text.contains(#"http_server_request_duration_seconds_count{route="/ok/{id}"} 21"#))
    }

    @Test func securityHeaders() async throws {
        for uri in ["/ok/1", "/nowhere", "/boom"] {
            let headers = try await get(uri).headers
            #expect(headers[.xContentTypeOptions] == "nosniff")
            #expect(headers[.referrerPolicy] == "no-referrer")
            #expect(headers[.frameOptions] == "DENY")
            #expect(headers[.contentSecurityPolicy] == "default-src 'none'; frame-ancestors 'none'")
            #expect(headers[.cacheControl] == "no-store")
        }
        #expect(try await get("/static/x").headers[.cacheControl] == nil)
    }
}

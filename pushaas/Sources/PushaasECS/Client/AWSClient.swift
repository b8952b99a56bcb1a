import Logging
import PushModels
import PushaasCurl

/// Calls AWS: signs, repeats what may succeed in a moment, and tells errors in sentences.
struct AWSClient: Sendable {
    let http: CurlClient
    let credentials: any CredentialSource
    let region: String
    /// See ``AWSEndpoint``.
    let endpoint: String?
    let retry: RetryPolicy
    /// For each try.
    let timeout: Duration
    let logger: Logger

    /// One call of a JSON service.
    ///
    /// - Throws: `AWSError`; `CancellationError`; what the credentials' source throws.
    @discardableResult
    func json(_ service: AWSService, _ action: String, _ body: JSONValue) async throws -> JSONValue {
        guard case .json(let target) = service.wire else { preconditionFailure("\(service) does not speak JSON") }
        let response = try await self.send(
            service, action,
            headers: [("Content-Type", "application/x-amz-json-1.1"), ("X-Amz-Target", "\(target).\(action)")],
            body: Array(body.text.utf8))
        // Some actions answer with nothing at all.
        if response.body.isEmpty { return [:] }
        guard let value = JSONValue(response.body) else { throw self.badAnswer(service, action, response, "JSON") }
        return value
    }

    /// One call of a query service.
    ///
    /// - Returns: The answer's root.
    /// - Throws: As ``json(_:_:_:)``.
    @discardableResult
    func query(
        _ service: AWSService, _ action: String, _ form: QueryForm = QueryForm(), signed: Bool = true
    ) async throws -> XMLNode {
        guard case .query(let version) = service.wire else { preconditionFailure("\(service) does not take forms") }
        var fields = QueryForm([("Action", action), ("Version", version)])
        for field in form.fields { fields.set(field.name, field.value) }
        let response = try await self.send(
            service, action, headers: [("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")],
            body: Array(fields.body.utf8), signed: signed)
        guard let root = XMLNode.parse(response.body) else { throw self.badAnswer(service, action, response, "XML") }
        return root
    }

    /// All pages of a JSON service's list.
    ///
    /// - Parameters:
    ///   - items: The member that holds a page's elements.
    ///   - token: The member that leads to the next page, in requests and answers.
    func pages(
        _ service: AWSService, _ action: String, _ body: [String: JSONValue], items: String, token: String = "nextToken"
    ) async throws -> [JSONValue] {
        var body = body
        var found: [JSONValue] = []
        repeat {
            let page = try await self.json(service, action, .object(body))
            found += page[items]?.elements ?? []
            body[token] = page[token].flatMap { $0.string.flatMap { $0.isEmpty ? nil : .string($0) } }
        } while body[token] != nil
        return found
    }

    private func badAnswer(_ service: AWSService, _ action: String, _ response: CurlResponse, _ format: String) -> AWSError {
        AWSError(
            service, action, code: "BadAnswer", message: "the answer is no \(format): is the endpoint right",
            status: response.status,
            requestID: Self.requestID(response), isTransient: false)
    }

    /// Sends until there is an answer, or no sense in going on.
    private func send(
        _ service: AWSService, _ action: String, headers: [(String, String)], body: [UInt8], signed: Bool = true
    ) async throws -> CurlResponse {
        let endpoint = AWSEndpoint(service, region: self.region, override: self.endpoint)
        var attempt = 0
        var isRenewed = false
        while true {
            attempt += 1
            var request = CurlRequest("POST", endpoint.url, body: body, timeout: self.timeout)
            request.headers = headers.map { (name: $0.0, value: $0.1) }
            if signed {
                let credentials = try await self.credentials.credentials(renewed: isRenewed)
                request.signature = CurlRequest.Signature(
                    accessKeyID: credentials.accessKeyID, secretAccessKey: credentials.secretAccessKey,
                    sessionToken: credentials.sessionToken, region: endpoint.region, service: service.rawValue)
            }
            let error: AWSError
            do throws(CurlError) {
                let response = try await self.http.send(request)
                if (200..<300).contains(response.status) {
                    self.logger.debug(
                        "AWS answered",
                        metadata: [
                            "service": "\(service.rawValue)", "action": "\(action)", "attempt": "\(attempt)",
                            "request_id": "\(Self.requestID(response) ?? "-")",
                        ])
                    return response
                }
                error = Self.error(service, action, response)
            } catch let lost where lost.reason == .cancelled {
                throw CancellationError()
            } catch let lost {
                error = AWSError(service, action, lost)
            }
            // Credentials that were cut short are renewed once, without a pause.
            if error.isExpiry, signed, !isRenewed {
                isRenewed = true
                continue
            }
            let isLast = !error.isTransient || attempt >= self.retry.attempts
            self.logger.log(
                level: isLast ? .notice : .info, "AWS call failed",
                metadata: [
                    "service": "\(service.rawValue)", "action": "\(action)", "attempt": "\(attempt)", "code": "\(error.code)",
                    "message": "\(error.message)", "request_id": "\(error.requestID ?? "-")", "repeats": "\(!isLast)",
                ])
            if isLast { throw error }
            try await Task.sleep(for: self.retry.pause(after: attempt))
        }
    }

    private static func requestID(_ response: CurlResponse) -> String? {
        response.headers["x-amzn-requestid"] ?? response.headers["x-amz-request-id"] ?? response.headers["x-amz-requestid"]
    }

    /// Reads an error of either kind: JSON services answer in XML too where the signature is refused.
    static func error(_ service: AWSService, _ action: String, _ response: CurlResponse) -> AWSError {
        if let body = JSONValue(response.body), case .object = body {
            let type = body["__type"]?.string ?? response.headers["x-amzn-errortype"] ?? body["code"]?.string ?? "Unknown"
            // com.amazonaws.ecs#ServiceNotFoundException, ServiceNotFoundException:http://...
            let code = type.split(separator: "#").last.map(String.init) ?? type
            return AWSError(
                service, action, code: String(code.prefix { $0 != ":" }),
                message: body["message"]?.string ?? body["Message"]?.string ?? "", status: response.status,
                requestID: Self.requestID(response), details: body)
        }
        if let root = XMLNode.parse(response.body), let code = root.find("Code") {
            let id = root.find("RequestId") ?? root.find("RequestID")
            return AWSError(
                service, action, code: code.text, message: root.find("Message")?.text ?? "", status: response.status,
                requestID: id?.text ?? Self.requestID(response))
        }
        return AWSError(
            service, action, code: "HTTP \(response.status)", message: "", status: response.status,
            requestID: Self.requestID(response))
    }
}

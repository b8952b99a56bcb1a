import FoundationEssentials
import PushModels
import PushaasCurl
import PushaasProvisioning

/// A call to AWS that did not succeed, after its retries.
struct AWSError: Error, Sendable, CustomStringConvertible {
    let service: AWSService
    let action: String
    /// AWS's word for it (`ServiceNotFoundException`), or what happened to the connection.
    let code: String
    /// AWS's sentence, or libcurl's. Without a full stop.
    let message: String
    /// Nil where there was no answer.
    let status: Int?
    let requestID: String?
    /// Whether the same call may succeed in a moment.
    let isTransient: Bool
    /// The whole error as the service gave it, for the members that some have.
    let details: JSONValue?

    init(
        _ service: AWSService, _ action: String, code: String, message: String, status: Int? = nil, requestID: String? = nil,
        isTransient: Bool? = nil, details: JSONValue? = nil
    ) {
        self.service = service
        self.action = action
        self.code = code
        // What Secrets Manager says may quote what it was given.
        let text = service == .secretsManager && status == 400 && code.hasPrefix("Validation") ? "" : message
        self.message = text.hasSuffix(".") ? String(text.dropLast()) : text
        self.status = status
        self.requestID = requestID
        self.isTransient = isTransient ?? Self.isTransient(code: code, message: message, status: status)
        self.details = details
    }

    init(_ service: AWSService, _ action: String, _ error: CurlError) {
        let isTransient =
            switch error.reason {
            case .notConnected, .connectionLost, .timedOut: true
            case .cancelled, .badAnswer, .invalidRequest: false
            }
        self.init(service, action, code: "no answer", message: error.description, isTransient: isTransient)
    }

    var description: String {
        self.status == nil
            ? "\(self.service.title) did not answer \(self.action): \(self.message)"
            : "\(self.service.title) refused \(self.action) (\(self.code))" + (self.message.isEmpty ? "" : ": \(self.message)")
    }

    /// The same for the instance's user.
    var providerError: ProviderError { ProviderError(self.isTransient ? .temporary : .permanent, self.description) }

    /// Whether temporary credentials were used beyond their time, which new ones cure.
    var isExpiry: Bool { ["ExpiredToken", "ExpiredTokenException", "RequestExpired"].contains(self.code) }

    private static let transientCodes: Set<String> = [
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
        "TooManyRequestsException", "RequestLimitExceeded", "RequestLimitExceededException", "BandwidthLimitExceeded",
        "SlowDown", "PriorRequestNotComplete", "TransactionInProgressException", "RequestTimeout", "RequestTimeoutException",
        "InternalFailure", "InternalError", "InternalServiceError", "InternalServiceErrorException", "ServerException",
        "ServiceUnavailable", "ServiceUnavailableException", "Unavailable", "OperationAbortedException",
        "UpdateInProgressException", "LimitExceededException.Rate", "EC2ThrottledException",
    ]

    private static func isTransient(code: String, message: String, status: Int?) -> Bool {
        if let status, status >= 500 || status == 429 { return true }
        if Self.transientCodes.contains(code) { return true }
        // Errors without a code of their own, known by their sentences.
        return [
            "Too many concurrent attempts", "Rate exceeded", "scheduled for deletion", "Unable to assume the service linked role",
            "TaskDefinition not found",
        ].contains { message.lowercased().contains($0.lowercased()) }
    }
}

import HTTPTypes
import Hummingbird
import Logging
import PushRedis
import PushRuntime

extension APIError {
    init(_ status: HTTPResponse.Status, _ code: ErrorCode, _ message: String, headers: HTTPFields = [:]) {
        self.init(status, code: code.rawValue, message: message, headers: headers)
    }

    /// 413 for too many bytes, else 400.
    init(_ error: InvalidRequestBody, _ code: ErrorCode) {
        if case .tooLarge = error {
            self.init(.contentTooLarge, code, error.message)
        } else {
            self.init(.badRequest, code, error.message)
        }
    }
}

/// What a request that needs Redis was doing when Redis failed.
enum RedisOperation {
    case read
    case write
    /// Redis itself sees to it that a repetition changes nothing that was done.
    case repeatableWrite
}

extension APIError {
    /// The answer when Redis fails: 503 with `Retry-After` where a repetition is safe and may help, else 500.
    ///
    /// - Parameters:
    ///   - code: The operation's code for failures.
    ///   - action: What failed, to go into a sentence: `the message was not published`.
    static func redis(
        _ error: any Error, _ operation: RedisOperation, _ code: ErrorCode, action: String, logger: Logger
    ) -> APIError {
        guard let error = error as? RedisError else {
            logger.error("request failed", metadata: ["error": "\(error)"])
            return APIError(.internalServerError, code, "\(action): the data in Redis is not readable; see the log of push-api")
        }
        logger.warning("Redis failed", metadata: ["error": "\(error)", "code": "\(code.rawValue)"])
        if error.mayHaveExecuted, operation == .write || operation == .repeatableWrite && !error.isTemporary {
            return APIError(
                .internalServerError, code,
                "Redis failed before it confirmed: it may have been done all the same; check before you repeat the request")
        }
        if error.mayHaveExecuted, operation == .repeatableWrite, error.isTemporary {
            return APIError(
                .serviceUnavailable, code,
                "Redis failed before it confirmed: repeat the request with the same Idempotency-Key, it is done once at most",
                headers: [.retryAfter: "1"])
        }
        guard error.isTemporary else {
            return APIError(.internalServerError, code, "\(action): Redis refused the command; see the log of push-api")
        }
        let reason = error.code.serverCode == "OOM" ? "Redis is full" : "Redis is not available"
        return APIError(
            .serviceUnavailable, code, "\(action): \(reason); repeat the request in a moment", headers: [.retryAfter: "1"])
    }
}

extension RedisError {
    /// Whether the same command may succeed in a moment, or once an operator has mended Redis, without any change to it.
    var isTemporary: Bool {
        switch self.code {
        case .connection, .timeout, .closed, .overflow, .cancelled:
            return true
        case .protocolViolation, .invalidCommand:
            return false
        case .server(let code):
            let temporary: Set<String> = [
                "OOM", "LOADING", "READONLY", "MASTERDOWN", "MISCONF", "NOREPLICAS", "BUSY", "CLUSTERDOWN", "TRYAGAIN",
                "EXECABORT",
                "NOAUTH", "WRONGPASS",
            ]
            return temporary.contains(code)
        }
    }
}

extension HTTPField.Name {
    /// The ids of the published messages, in the order of the request's channels.
    static let pushMessageID = Self("X-Push-Message-Id")!
}

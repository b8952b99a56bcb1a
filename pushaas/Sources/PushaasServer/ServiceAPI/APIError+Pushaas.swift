import HTTPTypes
import Logging
import PushRedis
import PushRuntime
import PushaasProvisioning

extension APIError {
    init(_ status: HTTPResponse.Status, _ code: ServiceErrorCode, _ message: String, headers: HTTPFields = [:]) {
        self.init(status, code: code.rawValue, message: message, headers: headers)
    }

    static func noInstance(_ name: String) -> APIError {
        APIError(.notFound, .instanceNotFound, "there is no instance '\(name.prefix(ServiceName.maximumInstanceLength))'")
    }

    /// What users are told when something that pushaas needs has failed.
    ///
    /// - Parameters:
    ///   - action: What failed, to begin a sentence: `the instance was not created`.
    ///   - isWrite: Whether a lost answer leaves it open if it was done.
    static func failure(_ error: any Error, _ action: String, isWrite: Bool, logger: Logger) -> any Error {
        switch error {
        case is APIError, is CancellationError:
            return error
        case let error as RedisError:
            logger.warning("Redis failed", metadata: ["error": "\(error)"])
            if isWrite, error.mayHaveExecuted {
                return APIError(
                    .serviceUnavailable, .storage,
                    "Redis failed before it confirmed: it may have been done all the same; look at the instance before you repeat it",
                    headers: [.retryAfter: "5"])
            }
            return APIError(
                .serviceUnavailable, .storage,
                "\(action): Redis, where pushaas keeps its instances, does not answer; try again in a moment",
                headers: [.retryAfter: "5"])
        case let error as InstanceAPIError:
            logger.warning("push-api of an instance failed", metadata: ["error": "\(error)"])
            switch error {
            case .unavailable(let reason):
                return APIError(
                    .serviceUnavailable, .instanceAPI,
                    "\(action): the instance's push-api does not answer (\(reason)); try again in a moment",
                    headers: [.retryAfter: "5"])
            case .refused(let reason):
                return APIError(.unprocessableContent, .instanceAPI, "\(action): the instance's push-api refused (\(reason))")
            }
        case let error as ProviderError:
            switch error.kind {
            case .temporary:
                return APIError(
                    .serviceUnavailable, .provider, "\(action): \(error.message); try again in a moment",
                    headers: [.retryAfter: "5"])
            case .permanent, .unsupported:
                return APIError(.unprocessableContent, .provider, "\(action): \(error.message)")
            }
        case let error as UnreadableRecord:
            logger.error("Record in Redis is not readable", metadata: ["key": "\(error.key)", "field": "\(error.field)"])
            return APIError(
                .internalServerError, .storage,
                "\(action): its data in Redis is not readable; an administrator finds more in the log of pushaas")
        default:
            return error
        }
    }

    /// Runs `body`, with its errors as users are told them.
    static func explaining<Result>(
        _ action: String, isWrite: Bool = false, logger: Logger, isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await body()
        } catch {
            throw self.failure(error, action, isWrite: isWrite, logger: logger)
        }
    }
}

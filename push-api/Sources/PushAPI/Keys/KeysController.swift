import Hummingbird
import Logging
import PushRuntime

/// `/api/v1/keys`: the API keys.
struct KeysController: Sendable {
    let repository: APIKeyRepository
    let authenticator: APIKeyAuthenticator

    private static let notFound = APIError(.notFound, .keyNotFound, "there is no such API key: it was revoked or has expired")

    func addRoutes(to group: RouterGroup<APIRequestContext>) {
        let group = group.requiring(.admin)
        group.get("keys") { _, context in
            do {
                return try Response.json(try await self.repository.list().map { KeyAnswer($0) })
            } catch {
                throw APIError.redis(error, .read, .keyFailed, action: "the API keys cannot be listed", logger: context.logger)
            }
        }
        group.post("keys") { request, context in
            let create: CreateKeyRequest
            do {
                create = try CreateKeyRequest(json: try await request.wholeBody(limit: CreateKeyRequest.maximumBodySize))
            } catch let error as InvalidRequestBody {
                throw APIError(error, .keyCreateBody)
            }
            let outcome: APIKeyRepository.CreationOutcome
            do {
                outcome = try await self.repository.create(create)
            } catch {
                throw APIError.redis(error, .write, .keyFailed, action: "the API key was not created", logger: context.logger)
            }
            let record: APIKeyRecord
            let text: String
            switch outcome {
            case .created(let created, let createdText):
                (record, text) = (created, createdText)
                // It may be known to have been revoked.
                self.authenticator.forget(created.id)
            case .tooMany:
                throw APIError(
                    .conflict, .keyCreateTooMany,
                    "there are \(APIKeyRepository.maximumKeys) API keys, which is as many as there can be: revoke some first")
            case .taken:
                throw APIError(
                    .conflict, .keyCreateTaken,
                    "there is an API key with the id of this one and another secret: revoke it first, or leave 'key' out")
            }
            context.logger.notice("API key created", metadata: ["key": "\(record.id)", "by": "\(context.principal.id)"])
            var response = try Response.json(KeyAnswer(.init(record: record, lastUsed: nil), text: text), status: .created)
            response.headers[.location] = "/api/v1/keys/\(record.id)"
            return response
        }
        group.get("keys/:id") { _, context in
            let id = try Self.id(context)
            let key: APIKeyRepository.Listed?
            do {
                key = try await self.repository.get(id)
            } catch {
                throw APIError.redis(error, .read, .keyFailed, action: "the API key cannot be read", logger: context.logger)
            }
            guard let key else { throw Self.notFound }
            return try Response.json(KeyAnswer(key))
        }
        group.delete("keys/:id") { _, context in
            let id = try Self.id(context)
            let existed: Bool
            do {
                // Also when it is not known whether Redis has done it.
                defer { self.authenticator.forget(id) }
                existed = try await self.repository.delete(id)
            } catch {
                throw APIError.redis(error, .write, .keyFailed, action: "the API key was not revoked", logger: context.logger)
            }
            guard existed else { throw Self.notFound }
            context.logger.notice("API key revoked", metadata: ["key": "\(id)", "by": "\(context.principal.id)"])
            return Response(status: .noContent)
        }
        group.post("keys/:id/rotate") { request, context in
            let id = try Self.id(context)
            let rotate: RotateKeyRequest
            do {
                rotate = try RotateKeyRequest(json: try await request.wholeBody(limit: RotateKeyRequest.maximumBodySize))
            } catch let error as InvalidRequestBody {
                throw APIError(error, .keyRotateBody)
            }
            let rotated: (key: APIKeyRepository.Listed, text: String)?
            do {
                defer { self.authenticator.forget(id) }
                rotated = try await self.repository.rotate(id, previousTTL: rotate.previousTTL * 1000)
            } catch {
                throw APIError.redis(error, .write, .keyFailed, action: "the API key was not rotated", logger: context.logger)
            }
            guard let rotated else { throw Self.notFound }
            context.logger.notice("API key rotated", metadata: ["key": "\(id)", "by": "\(context.principal.id)"])
            return try Response.json(KeyAnswer(rotated.key, text: rotated.text))
        }
    }

    /// - Throws: 404 for a segment that no key can have as its id.
    private static func id(_ context: APIRequestContext) throws -> String {
        guard let id = context.parameters.get("id"), APIKeyToken.isID(id) else { throw Self.notFound }
        return id
    }
}

import FoundationEssentials
import PushaasCurl
import PushaasProvisioning

/// Why an instance's push-api did not do its part.
public enum InstanceAPIError: Error, Sendable, Hashable, CustomStringConvertible {
    /// No answer, or one that says that it cannot at the moment. The reason is for people and names no secret.
    case unavailable(String)
    /// It answered that it will not.
    case refused(String)

    public var description: String {
        switch self {
        case .unavailable(let reason): "not available: \(reason)"
        case .refused(let reason): "refused: \(reason)"
        }
    }
}

/// Calls the push-api of an instance, as the user that was made for pushaas itself.
public struct InstanceAPIClient: Sendable {
    /// What an app may do: publish, manage its channels, read statistics. It cannot make keys.
    static let scopes = ["channels", "publish", "stats"]

    /// A key that was made.
    struct NewKey: Sendable, Hashable, Decodable {
        var id: String
        /// Its text, the password.
        var key: String
    }

    /// A key in the list.
    struct ListedKey: Sendable, Hashable, Decodable {
        var id: String
        var name: String
    }

    /// What push-api counts.
    struct Counts: Sendable, Hashable {
        /// At this moment.
        var subscribers: Int
        /// Messages that there have ever been; `nil` where Redis does not count them.
        var published: Int?
    }

    private let curl: CurlClient
    /// Of one call.
    private let timeout: Duration

    public init(curl: CurlClient, timeout: Duration = .seconds(10)) {
        self.curl = curl
        self.timeout = timeout
    }

    /// - Parameter text: The text of a key that was revoked or lost, to get it back; `nil` makes a new one.
    func makeKey(_ name: String, text: String?, of instance: Instance) async throws(InstanceAPIError) -> NewKey {
        struct Body: Encodable {
            let name: String
            let scopes: [String]
            let key: String?
        }
        let response = try await self.call(
            "POST", "/api/v1/keys", body: Body(name: name, scopes: Self.scopes, key: text), of: instance)
        guard response.status == 201 else { throw Self.error(response) }
        return try Self.decode(NewKey.self, response)
    }

    func keys(of instance: Instance) async throws(InstanceAPIError) -> [ListedKey] {
        let response = try await self.call("GET", "/api/v1/keys", of: instance)
        guard response.status == 200 else { throw Self.error(response) }
        return try Self.decode([ListedKey].self, response)
    }

    func hasKey(_ id: String, of instance: Instance) async throws(InstanceAPIError) -> Bool {
        let response = try await self.call("GET", "/api/v1/keys/\(id)", of: instance)
        guard response.status == 200 || response.status == 404 else { throw Self.error(response) }
        return response.status == 200
    }

    /// Succeeds if it is revoked already.
    func revokeKey(_ id: String, of instance: Instance) async throws(InstanceAPIError) {
        let response = try await self.call("DELETE", "/api/v1/keys/\(id)", of: instance)
        guard response.status == 204 || response.status == 404 else { throw Self.error(response) }
    }

    /// - Returns: `nil` if no push-stream has told anything yet.
    func counts(of instance: Instance, timeout: Duration? = nil) async throws(InstanceAPIError) -> Counts? {
        struct Body: Decodable {
            struct Aggregated: Decodable { let subscribers: Int }
            struct Messages: Decodable {
                struct Stream: Decodable { let published: Int? }
                let stream: Stream
            }
            let aggregated: Aggregated
            let messages: Messages
        }
        let response = try await self.call("GET", "/api/v1/stats/global", of: instance, timeout: timeout)
        if response.status == 404 { return nil }
        guard response.status == 200 else { throw Self.error(response) }
        let body = try Self.decode(Body.self, response)
        return Counts(subscribers: body.aggregated.subscribers, published: body.messages.stream.published)
    }

    private struct Nothing: Encodable {}

    private func call(
        _ method: String, _ path: String, body: (some Encodable)? = Nothing?.none, of instance: Instance, timeout: Duration? = nil
    ) async throws(InstanceAPIError) -> CurlResponse {
        guard var url = instance.outputs[WellKnownOutput.apiManagementURL] ?? instance.outputs[WellKnownOutput.apiURL] else {
            throw .unavailable("its address is not known")
        }
        while url.hasSuffix("/") { url.removeLast() }
        var request = CurlRequest(method, url + path, timeout: timeout ?? self.timeout)
        request.connectTimeout = min(request.connectTimeout, request.timeout)
        request.basic = (instance.secrets.apiUser, instance.secrets.apiPassword)
        request.headers = [("Accept", "application/json")]
        if let body {
            do {
                request.body = Array(try JSONEncoder().encode(body))
            } catch {
                throw .refused("its request cannot be written as JSON")
            }
            request.headers.append(("Content-Type", "application/json"))
        }
        do throws(CurlError) {
            return try await self.curl.send(request)
        } catch {
            throw .unavailable(error.description)
        }
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ response: CurlResponse) throws(InstanceAPIError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(response.body))
        } catch {
            throw .refused("its answer is not what a push-api says")
        }
    }

    private static func error(_ response: CurlResponse) -> InstanceAPIError {
        struct Body: Decodable { let message: String }
        let message = (try? JSONDecoder().decode(Body.self, from: Data(response.body)))?.message ?? "no reason was given"
        let text = "status \(response.status): \(message.prefix(300))"
        return response.status == 429 || response.status >= 500 ? .unavailable(text) : .refused(text)
    }
}

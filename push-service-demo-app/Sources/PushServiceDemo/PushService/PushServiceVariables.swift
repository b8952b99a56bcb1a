import Foundation

/// The three variables that say which Push Service the app uses. `pushaas` sets them when an instance is bound.
public struct PushServiceVariables: Sendable {
    /// One of the three.
    public enum Name: String, CaseIterable, Sendable {
        case endpoint = "PUSHAAS_ENDPOINT"
        case username = "PUSHAAS_USERNAME"
        case password = "PUSHAAS_PASSWORD"

        /// What it holds, in words.
        var meaning: String {
            switch self {
            case .endpoint: "the address of push-api"
            case .username: "the user of push-api"
            case .password: "the password of that user"
            }
        }
    }

    /// How push-api is reached.
    public struct Access: Sendable {
        /// Without a slash at its end.
        let endpoint: String
        /// The value of `Authorization`.
        let authorization: String
    }

    /// Why the values are of no use although all are there.
    public struct InvalidEndpoint: Error, Sendable {
        /// A sentence without any secret.
        let sentence: String
    }

    /// Those that are not set, or set to nothing.
    public let missing: [Name]
    /// `nil` while any is missing.
    public let access: Result<Access, InvalidEndpoint>?

    public init(environment: [String: String]) {
        let given = Name.allCases.map { ($0, environment[$0.rawValue] ?? "") }
        self.missing = given.filter { $0.1.isEmpty }.map(\.0)
        let values = Dictionary(uniqueKeysWithValues: given)
        guard self.missing.isEmpty, let endpoint = values[.endpoint], let user = values[.username],
            let password = values[.password]
        else {
            self.access = nil
            return
        }
        self.access = Self.checked(endpoint).map { endpoint in
            Access(endpoint: endpoint, authorization: "Basic " + Data("\(user):\(password)".utf8).base64EncodedString())
        }
    }

    private static func checked(_ text: String) -> Result<String, InvalidEndpoint> {
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard let parts = URLComponents(string: trimmed), ["http", "https"].contains(parts.scheme?.lowercased()),
            let host = parts.host, !host.isEmpty
        else {
            return .failure(
                InvalidEndpoint(sentence: "PUSHAAS_ENDPOINT is no address that begins with http:// or https://."))
        }
        guard parts.user == nil, parts.password == nil else {
            return .failure(
                InvalidEndpoint(
                    sentence:
                        "PUSHAAS_ENDPOINT holds a user or a password, which belong into PUSHAAS_USERNAME and PUSHAAS_PASSWORD."
                ))
        }
        guard parts.query == nil, parts.fragment == nil else {
            return .failure(
                InvalidEndpoint(sentence: "PUSHAAS_ENDPOINT has a ? or a # in it: it is the address of push-api alone."))
        }
        var endpoint = trimmed
        while endpoint.hasSuffix("/") { endpoint.removeLast() }
        return .success(endpoint)
    }
}

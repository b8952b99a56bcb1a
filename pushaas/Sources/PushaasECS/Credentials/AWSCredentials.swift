import FoundationEssentials
import PushModels

/// What signs a call.
struct AWSCredentials: Sendable, Equatable {
    var accessKeyID: String
    var secretAccessKey: String
    /// Of temporary ones.
    var sessionToken: String?
    /// When temporary ones end.
    var expiration: Date?
}

/// Where credentials come from.
protocol CredentialSource: Sendable {
    /// - Parameter renewed: Those given before were refused as expired, so others are needed.
    /// - Throws: `CredentialError`.
    func credentials(renewed: Bool) async throws -> AWSCredentials
}

/// Why there are no credentials, in a sentence that holds none.
struct CredentialError: Error, Sendable, CustomStringConvertible {
    let description: String
    /// Whether asking again may help: the place was asked, and did not answer.
    let isTransient: Bool

    init(_ description: String, isTransient: Bool = false) {
        self.description = description
        self.isTransient = isTransient
    }
}

/// A place of the standard chain.
protocol CredentialProvider: Sendable {
    /// - Returns: `nil` where nothing says that credentials come from this place.
    /// - Throws: `CredentialError` where something does but none came: the places behind it are then not asked, because they would act as
    ///   somebody else than was meant.
    func fetch() async throws -> AWSCredentials?
}

/// `AWS_ACCESS_KEY_ID` and its companions.
struct EnvironmentCredentials: CredentialProvider {
    let environment: [String: String]

    func fetch() async throws -> AWSCredentials? {
        guard let id = self.environment["AWS_ACCESS_KEY_ID"], !id.isEmpty else { return nil }
        guard let secret = self.environment["AWS_SECRET_ACCESS_KEY"], !secret.isEmpty else {
            throw CredentialError("AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not")
        }
        let token = self.environment["AWS_SESSION_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
        return AWSCredentials(accessKeyID: id, secretAccessKey: secret, sessionToken: token)
    }
}

/// The JSON in which the endpoints of containers and of instances give credentials.
enum CredentialDocument {
    static func read(_ bytes: [UInt8], from place: String) throws -> AWSCredentials {
        guard let value = JSONValue(bytes), let id = value["AccessKeyId"]?.string,
            let secret = value["SecretAccessKey"]?.string, let token = value["Token"]?.string
        else {
            let code = JSONValue(bytes)?["Code"]?.string.map { " (\($0))" } ?? ""
            throw CredentialError("\(place) gave no credentials\(code)", isTransient: true)
        }
        return AWSCredentials(
            accessKeyID: id, secretAccessKey: secret, sessionToken: token,
            expiration: value["Expiration"]?.string.flatMap(Self.date))
    }

    /// ISO 8601, with or without fractions of a second.
    static func date(_ text: String) -> Date? {
        (try? Date(text, strategy: .iso8601))
            ?? (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }
}

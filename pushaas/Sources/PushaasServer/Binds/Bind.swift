import PushaasProvisioning

/// Who is bound: an app or a job of tsuru.
public struct BindSubject: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        case app
        case job
    }

    public var kind: Kind
    public var name: String

    public init(_ kind: Kind, _ name: String) {
        self.kind = kind
        self.name = name
    }

    /// The name of its API key at the instance's push-api.
    var keyName: String { "\(self.kind.rawValue) \(self.name)" }
}

/// A bind as Redis keeps it.
struct BindRecord: Sendable, Hashable, Codable {
    /// The instance's.
    var id: InstanceID
    /// `PUSHAAS_USERNAME`
    var user: String
    /// `PUSHAAS_PASSWORD`: the text of the API key.
    var password: String
    /// The API key's id.
    var key: String
    /// Milliseconds since 1970.
    var created: Int
    var eventid: String
    var hosts: [String]
    /// Its unbind has begun; the key may be revoked already.
    var revoking: Bool
}

/// A bind, for people.
public struct Bind: Sendable, Hashable {
    public var subject: BindSubject
    /// Milliseconds since 1970.
    public var created: Int
    public var eventID: String
    public var hosts: [String]
    /// It was unbound, and its key has still to be revoked.
    public var isRevoking: Bool
    /// Addresses of units; only from tsuru up to 1.17.
    public var units: [String]
}

/// What a key may be allowed to do.
enum Scope: String, CaseIterable, Codable, Sendable {
    /// `POST /api/v1/messages`.
    case publish
    /// `/api/v1/channels`.
    case channels
    /// `/api/v1/stats`.
    case stats
    /// Everything, and `/api/v1/keys`.
    case admin
}

/// Several scopes, as bits.
struct Scopes: OptionSet, Sendable {
    let rawValue: UInt8

    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    init(_ scopes: some Sequence<Scope>) {
        self = scopes.reduce(into: []) { $0.formUnion(Self($1)) }
    }

    private init(_ scope: Scope) {
        switch scope {
        case .publish: self.init(rawValue: 1)
        case .channels: self.init(rawValue: 2)
        case .stats: self.init(rawValue: 4)
        case .admin: self.init(rawValue: 8)
        }
    }

    static let all = Scopes(Scope.allCases)

    func allow(_ scope: Scope) -> Bool {
        !self.isDisjoint(with: [Self(scope), Self(.admin)])
    }
}

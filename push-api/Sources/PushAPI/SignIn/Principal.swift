import HTTPTypes
import PushModels
import PushRuntime

/// Who makes a request, and what that allows. A class, because a request's context is copied many times.
final class Principal: Sendable {
    /// How the client has shown who it is.
    enum Identity: Sendable, Equatable {
        /// Not at all: only routes without authentication see this.
        case nobody
        /// Nobody is asked (`api.enable_auth`).
        case anyone
        /// The configured user.
        case user(String)
        /// An API key; the name is its owner's, for people.
        case key(id: String, name: String)
    }

    let identity: Identity
    let scopes: Scopes
    /// Beginnings of the channel ids that may be used, compared by bytes; empty for all channels.
    let channelPrefixes: [String]
    /// `nil` for none.
    let limits: RateLimits?

    init(_ identity: Identity, scopes: Scopes, channelPrefixes: [String] = [], limits: RateLimits? = nil) {
        self.identity = identity
        self.scopes = scopes
        self.channelPrefixes = channelPrefixes
        self.limits = limits
    }

    static let nobody = Principal(.nobody, scopes: [])
    static let anyone = Principal(.anyone, scopes: .all)

    /// Different for each that can make a request, and the same from one process and one run to the next: `user:app`,
    /// `key:abcdefghijkl`, `anyone`. Holds no secret.
    var id: String {
        switch self.identity {
        case .nobody: "nobody"
        case .anyone: "anyone"
        case .user(let name): "user:\(name)"
        case .key(let id, _): "key:\(id)"
        }
    }

    /// Whether all channels may be used.
    var mayUseAllChannels: Bool { self.channelPrefixes.isEmpty }

    /// Whether a channel may be published to, created, deleted and looked at, as far as its id goes.
    func mayUse(channel id: String) -> Bool {
        self.mayUseAllChannels || self.channelPrefixes.contains { id.utf8.starts(with: $0.utf8) }
    }

    /// - Throws: 403 that names the prefixes.
    func requireUse(of channel: ChannelID) throws(APIError) {
        guard !self.mayUse(channel: channel.rawValue) else { return }
        let prefixes = self.channelPrefixes.map { "'\($0)'" }.joined(separator: ", ")
        throw APIError(
            .forbidden,
            message: "this key may not use the channel '\(channel)': only those whose id begins with \(prefixes)")
    }

    /// - Throws: 403 that names the scope.
    func require(_ scope: Scope) throws(APIError) {
        guard !self.scopes.allow(scope) else { return }
        throw APIError(.forbidden, message: "this key lacks the scope '\(scope.rawValue)': use one that has it, or create one")
    }
}

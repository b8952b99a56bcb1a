import Hummingbird

/// `GET /api/v1/auth`: who the credentials belong to and what they allow. The middleware has answered by 401 if they are wrong.
struct AuthenticationController: Sendable {
    private struct Answer: Encodable {
        struct Key: Encodable {
            let id: String
            let name: String
        }

        let principal: Principal

        private enum CodingKeys: CodingKey {
            case data, user, key, scopes, channelPrefixes
        }

        func encode(to encoder: any Encoder) throws {
            var user: String?
            var key: Key?
            switch self.principal.identity {
            case .user(let name): user = name
            case .key(let id, let name): key = Key(id: id, name: name)
            case .anyone, .nobody: break
            }
            var answer = encoder.container(keyedBy: CodingKeys.self)
            var data = answer.nestedContainer(keyedBy: CodingKeys.self, forKey: .data)
            // `null` where there is none.
            try data.encode(user, forKey: .user)
            try data.encode(key, forKey: .key)
            // What is allowed in the end: `admin` brings the others.
            try data.encode(Scope.allCases.filter(self.principal.scopes.allow), forKey: .scopes)
            try data.encode(self.principal.channelPrefixes, forKey: .channelPrefixes)
        }
    }

    func addRoutes(to group: RouterGroup<APIRequestContext>) {
        group.get("auth") { _, context in
            try Response.json(Answer(principal: context.principal))
        }
    }
}

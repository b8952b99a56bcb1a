import Hummingbird

/// `GET /api/v1/auth`: whether the credentials are right. The middleware has answered by 401 if not.
struct AuthenticationController: Sendable {
    private struct Answer: Encodable {
        struct User: Encodable {
            let user: String?
        }

        let data: User
    }

    /// `nil` when authentication is off.
    let user: String?

    func addRoutes(to group: RouterGroup<some RequestContext>) {
        group.get("auth") { _, _ in
            try Response.json(Answer(data: .init(user: self.user)))
        }
    }
}

import Hummingbird

/// `GET /api/v1/config`: what an admin app needs to know of this installation.
struct ConfigurationController: Sendable {
    private struct Answer: Encodable {
        let pushStream: PushStreamAddress
    }

    let pushStream: PushStreamAddress

    func addRoutes(to group: RouterGroup<some RequestContext>) {
        group.get("config") { _, _ in
            try Response.json(Answer(pushStream: self.pushStream))
        }
    }
}

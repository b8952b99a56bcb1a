import Hummingbird

/// `GET /api` and `GET /api/healthcheck`: what load balancers and clients of today ask. Without authentication.
struct StatusController: Sendable {
    private struct Answer<Body: Encodable>: Encodable {
        let data: Body
    }

    private struct Application: Encodable {
        let app = "push-api"
    }

    private struct Health: Encodable {
        struct Service: Encodable {
            let service: String
            let status: String
        }

        // This process answers, or there is no answer; `/readyz` tells of Redis.
        let services = [Service(service: "app", status: "working")]
    }

    func addRoutes(to router: Router<some RequestContext>) {
        router.get("api") { _, _ in
            try Response.json(Answer(data: Application()))
        }
        router.get("api/healthcheck") { _, _ in
            try Response.json(Answer(data: Health()))
        }
    }
}

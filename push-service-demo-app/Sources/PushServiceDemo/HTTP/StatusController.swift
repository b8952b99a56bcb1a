import HTTPTypes
import Hummingbird
import Logging

/// `/status` for people, `/api/config` for scripts, `/api/healthcheck` for platforms.
struct StatusController: Sendable {
    let store: ArticleStore
    let status: PushServiceStatus
    let pages: Pages

    private struct Health: Encodable {
        struct Service: Encodable {
            let service: String
            let status: String
        }
        struct Services: Encodable { let services: [Service] }
        let data: Services
    }

    func addRoutes(to router: Router<some RequestContext>) {
        router.get("status") { _, _ in
            let report = await self.status.report()
            let checks: [[String: Any]] = report.checks.map { check in
                var values: [String: Any] = ["name": check.name, "state": check.state.rawValue, "text": check.text]
                values["advice"] = check.advice
                values["command"] = check.command
                return values
            }
            return self.pages.response(.status, title: "Status", script: "status.js", ["checks": checks])
        }
        router.get("api/config") { _, _ in
            try JSONAnswer.response(await self.status.report())
        }
        router.get("api/healthcheck") { _, context in
            // Only the app itself decides: a platform must not end it because the Push Service is away.
            var isWorking = true
            do {
                try await self.store.check()
            } catch {
                context.logger.error("database does not answer", metadata: ["error": "\(error)"])
                isWorking = false
            }
            let services = [Health.Service(service: "app", status: isWorking ? "working" : "not working")]
            return try JSONAnswer.response(
                Health(data: .init(services: services)), status: isWorking ? .ok : .serviceUnavailable)
        }
        router.get("api") { _, _ in
            try JSONAnswer.response(["data": ["app": "push-service-demo-app"]])
        }
    }
}

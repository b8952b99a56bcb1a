import HTTPTypes
import Hummingbird
import Logging
import PushRuntime
import PushaasProvisioning

/// What the admin app asks: `/instances`, `/destroyed`, `/plans` and `/auth` of `/api/v1`. Nothing here lies below `/resources`, whose paths
/// tsuru's proxy gives to its users.
public struct AdminAPIController: Sendable {
    let service: InstanceService
    let binds: BindService
    let progress: ProgressRepository
    let figures: InstanceFiguresCache
    let inspector: InstanceInspector
    /// `nil` when authentication is off.
    let user: String?

    public init(
        service: InstanceService, binds: BindService, progress: ProgressRepository, figures: InstanceFiguresReader,
        inspector: InstanceInspector, user: String?
    ) {
        self.service = service
        self.binds = binds
        self.progress = progress
        self.figures = InstanceFiguresCache(reader: figures)
        self.inspector = inspector
        self.user = user
    }

    /// - Parameter group: Of `/api/v1`, behind authentication.
    public func addRoutes(to group: RouterGroup<some RequestContext>) {
        group.get("auth") { _, _ in try Response.json(["data": ["user": self.user]]) }
        group.get("plans") { _, _ in
            let plans = self.service.plans
            return try Response.json(plans.plans.map { PlanAnswer($0, isDefault: $0.name == plans.standard.name) })
        }
        group.get("instances") { _, context in try await self.list(context.logger) }
        group.post("instances") { request, context in try await self.create(request, context.logger) }
        group.get("instances/:name") { _, context in try await self.show(context.pathText("name"), context.logger) }
        group.delete("instances/:name") { request, context in
            let name = context.pathText("name")
            if try await self.service.destroy(name, logger: context.logger) {
                self.audit("destroy", name, request, context.logger)
            }
            return Response(status: .noContent)
        }
        group.put("instances/:name/plan") { request, context in
            try await self.changePlan(context.pathText("name"), request, context.logger)
        }
        group.post("instances/:name/retry") { request, context in
            try await self.retry(context.pathText("name"), request, context.logger)
        }
        group.post("instances/:name/inspect") { _, context in
            try await self.inspect(context.pathText("name"), context.logger)
        }
        group.get("destroyed/:id") { _, context in try await self.showDestroyed(context.pathText("id"), context.logger) }
        group.post("destroyed/:id/retry") { request, context in
            try await self.retryDestroyed(context.pathText("id"), request, context.logger)
        }
    }

    // MARK: Reading

    private struct List: Encodable {
        let provider: String
        let instances: [InstanceRow]
        let destroyed: [DestroyedRow]
    }

    private func list(_ logger: Logger) async throws -> Response {
        try await APIError.explaining("the instances cannot be listed", logger: logger) {
            var rows: [InstanceRow] = []
            let live = try await self.service.repository.instances()
            for (instance, bindings) in zip(live, try await self.binds.counts(of: live)) {
                // Most have no job that is under way, and all that were created need not be asked for.
                let isMoving = instance.status == .pending || instance.status == .updating
                rows.append(
                    InstanceRow(
                        instance, bindings: bindings,
                        job: isMoving ? try await self.progress.job(of: instance.id) : nil))
            }
            var destroyed: [DestroyedRow] = []
            for instance in try await self.service.repository.destroyed() {
                destroyed.append(DestroyedRow(instance, job: try await self.progress.job(of: instance.id)))
            }
            return try Response.json(List(provider: self.service.provider.name, instances: rows, destroyed: destroyed))
        }
    }

    private func show(_ name: String, _ logger: Logger) async throws -> Response {
        let instance = try await self.service.instance(name, logger: logger)
        let figures = instance.isComplete ? await self.figures.figures(of: instance) : nil
        return try await APIError.explaining("the instance cannot be read", logger: logger) {
            try Response.json(
                InstanceAnswer(
                    instance, standard: self.service.plans.standard.name, figures: figures,
                    job: try await self.progress.job(of: instance.id), log: try await self.progress.log(of: instance.id),
                    binds: try await self.binds.list(instance)))
        }
    }

    private func showDestroyed(_ text: String, _ logger: Logger) async throws -> Response {
        try await APIError.explaining("the instance cannot be read", logger: logger) {
            guard let id = InstanceID(rawValue: text), let instance = try await self.service.repository.destroyed(id) else {
                throw Self.nothingLeft
            }
            return try Response.json(
                DestroyedAnswer(
                    instance, job: try await self.progress.job(of: id), log: try await self.progress.log(of: id)))
        }
    }

    // MARK: Changing

    private func create(_ request: Request, _ logger: Logger) async throws -> Response {
        let body = try await request.serviceRequest()
        let instance = try await self.service.create(body, user: body.user ?? self.user ?? "", logger: logger)
        self.audit("create", instance.name, request, logger)
        return try Response.json(["name": instance.name, "id": instance.id.rawValue], status: .created)
    }

    private func changePlan(_ name: String, _ request: Request, _ logger: Logger) async throws -> Response {
        let body = try await request.serviceRequest()
        guard let plan = body.plan, !plan.isEmpty else {
            throw APIError(.badRequest, .plan, "the field 'plan' is missing: name the plan that the instance shall get")
        }
        if try await self.service.changePlan(name, to: plan, logger: logger) {
            self.audit("update", name, request, logger)
        }
        return try Self.accepted()
    }

    private func retry(_ name: String, _ request: Request, _ logger: Logger) async throws -> Response {
        guard ServiceName.isInstance(name) else { throw APIError.noInstance(name) }
        let outcome = try await APIError.explaining("the creation was not tried again", isWrite: true, logger: logger) {
            try await self.service.repository.retry(name)
        }
        switch outcome {
        case .accepted:
            self.audit("retry", name, request, logger)
            return try Self.accepted()
        case .notFailed(let status):
            throw APIError(
                .conflict, .nothingToRetry, "there is nothing to try again: the instance is \(status.rawValue)")
        case .absent:
            throw APIError.noInstance(name)
        }
    }

    private func retryDestroyed(_ text: String, _ request: Request, _ logger: Logger) async throws -> Response {
        guard let id = InstanceID(rawValue: text) else { throw Self.nothingLeft }
        let outcome = try await APIError.explaining("the removal was not tried again", isWrite: true, logger: logger) {
            try await self.service.repository.retryDestroyed(id)
        }
        guard outcome == .accepted else { throw Self.nothingLeft }
        self.audit("retry destroy", id.rawValue, request, logger)
        return try Self.accepted()
    }

    private func inspect(_ name: String, _ logger: Logger) async throws -> Response {
        let instance = try await self.service.instance(name, logger: logger)
        guard instance.status == .running else {
            throw APIError(
                .conflict, .instanceNotReady, "only a running instance can be inspected: it is \(instance.status.rawValue)")
        }
        let drift = try await APIError.explaining("the instance was not inspected", logger: logger) {
            try await self.inspector.inspect(instance)
        }
        return try Response.json(["drift": drift])
    }

    private func audit(_ action: String, _ name: String, _ request: Request, _ logger: Logger) {
        var body = ServiceRequest()
        body.user = self.user
        AuditRecord(request, body).write(action, instance: name, more: ["by": "admin app"], to: logger)
    }

    private static func accepted() throws -> Response { try Response.json(["status": "accepted"], status: .accepted) }

    private static let nothingLeft = APIError(
        .notFound, .instanceNotFound, "nothing is left of this instance, or there was none with this id")
}

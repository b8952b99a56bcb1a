import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import PushRuntime
import PushaasProvisioning

/// `/resources` of `/api/v1`: the service API of tsuru, request by request as tsuru's code sends it and reads the answers.
public struct ResourcesController: Sendable {
    let service: InstanceService
    let binds: BindService
    let progress: ProgressRepository
    let figures: InstanceFiguresReader

    public init(service: InstanceService, binds: BindService, progress: ProgressRepository, figures: InstanceFiguresReader) {
        self.service = service
        self.binds = binds
        self.progress = progress
        self.figures = figures
    }

    /// - Parameter group: Of `/api/v1`, behind authentication.
    public func addRoutes(to group: RouterGroup<some RequestContext>) {
        group.get("resources/plans") { _, _ in try self.plans() }
        group.get("resources/instances") { _, context in try await self.list(context.logger) }
        group.post("resources") { request, context in try await self.create(request, context.logger) }
        group.get("resources/:name") { _, context in try await self.info(context.pathText("name"), context.logger) }
        group.put("resources/:name") { request, context in
            try await self.update(context.pathText("name"), request, context.logger)
        }
        group.delete("resources/:name") { request, context in
            try await self.destroy(context.pathText("name"), request, context.logger)
        }
        group.get("resources/:name/status") { _, context in
            try await self.status(context.pathText("name"), context.logger)
        }
        group.post("resources/:name/bind-app") { request, context in
            try await self.bindApp(context.pathText("name"), request, context.logger)
        }
        group.delete("resources/:name/bind-app") { request, context in
            try await self.unbindApp(context.pathText("name"), request, context.logger)
        }
        group.post("resources/:name/bind") { request, context in
            try await self.bindUnit(context.pathText("name"), request, context.logger)
        }
        group.delete("resources/:name/bind") { request, context in
            try await self.unbindUnit(context.pathText("name"), request, context.logger)
        }
        group.put("resources/:name/binds/jobs/:job") { request, context in
            let body = try await request.serviceRequest()
            let subject = try Self.subject(.job, context.pathText("job"), missing: "the job is not named")
            return try await self.bind(subject, context.pathText("name"), request, body, context.logger)
        }
        group.delete("resources/:name/binds/jobs/:job") { request, context in
            let body = try await request.serviceRequest()
            let subject = try Self.subject(.job, context.pathText("job"), missing: "the job is not named")
            return try await self.unbind(subject, context.pathText("name"), request, body, context.logger)
        }
    }

    // MARK: Instances

    private struct PlanAnswer: Encodable {
        let name: String
        let description: String
    }

    private func plans() throws -> Response {
        try Response.json(self.service.plans.plans.map { PlanAnswer(name: $0.name, description: $0.description) })
    }

    private struct ListAnswer: Encodable {
        let name: String
        let plan: String
        let team: String
        let user: String
        let status: String
    }

    /// 404 when there are none, as the web page of the original expects it.
    private func list(_ logger: Logger) async throws -> Response {
        let instances = try await APIError.explaining("the instances cannot be listed", logger: logger) {
            try await self.service.repository.instances()
        }
        guard !instances.isEmpty else { throw APIError(.notFound, .instanceListEmpty, "there are no instances") }
        return try Response.json(
            instances.map {
                ListAnswer(name: $0.name, plan: $0.plan.name, team: $0.team, user: $0.user, status: $0.status.rawValue)
            })
    }

    private func create(_ request: Request, _ logger: Logger) async throws -> Response {
        let body = try await request.serviceRequest()
        let audit = AuditRecord(request, body)
        let instance = try await self.service.create(body, user: body.user ?? audit.user, logger: logger)
        audit.write(
            "create", instance: instance.name, more: ["id": "\(instance.id)", "plan": "\(instance.plan.name)"], to: logger)
        return Response(status: .created)
    }

    private func info(_ name: String, _ logger: Logger) async throws -> Response {
        let instance = try await self.service.instance(name, logger: logger)
        let job = try await APIError.explaining("the instance cannot be looked up", logger: logger) {
            try await self.progress.job(of: instance.id)
        }
        let figures = instance.isComplete ? await self.figures.figures(of: instance) : nil
        return try Response.json(InstanceInfo(instance, job: job, figures: figures).items)
    }

    private func update(_ name: String, _ request: Request, _ logger: Logger) async throws -> Response {
        let body = try await request.serviceRequest()
        let isPlanChange = try await self.service.update(name, body, logger: logger)
        AuditRecord(request, body).write(
            "update", instance: name, more: isPlanChange ? ["plan": "\(body.plan ?? "")"] : [:], to: logger)
        return Response(status: .ok)
    }

    private func destroy(_ name: String, _ request: Request, _ logger: Logger) async throws -> Response {
        let body = try await request.serviceRequest()
        if try await self.service.destroy(name, logger: logger) {
            AuditRecord(request, body).write("destroy", instance: name, to: logger)
        }
        return Response(status: .ok)
    }

    /// 204 up, 202 pending, 500 down; while the plan changes, a text of ours, which tsuru shows as it is.
    private func status(_ name: String, _ logger: Logger) async throws -> Response {
        let instance = try await self.service.instance(name, logger: logger)
        switch instance.status {
        case .running: return Response(status: .noContent)
        case .pending: return Response(status: .accepted)
        case .updating:
            return Response(
                status: .ok, headers: [.contentType: "text/plain; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: InstanceInfo.status(instance))))
        case .failed:
            throw APIError(
                .internalServerError, .instanceDown,
                "the instance is down: \(instance.failure ?? "its creation has failed"); remove it and create it again")
        }
    }

    // MARK: Binds

    private func bindApp(_ name: String, _ request: Request, _ logger: Logger) async throws -> Response {
        let body = try await request.serviceRequest()
        let subject = try Self.app(body)
        return try await self.bind(subject, name, request, body, logger)
    }

    private func unbindApp(_ name: String, _ request: Request, _ logger: Logger) async throws -> Response {
        let body = try await request.serviceRequest()
        let subject = try Self.app(body)
        return try await self.unbind(subject, name, request, body, logger)
    }

    /// tsuru up to 1.17 binds a unit by this; without a unit it is the older way to bind an app.
    private func bindUnit(_ name: String, _ request: Request, _ logger: Logger) async throws -> Response {
        let body = try await request.serviceRequest()
        let subject = try Self.app(body)
        guard let host = body.unitHost, !host.isEmpty else { return try await self.bind(subject, name, request, body, logger) }
        let instance = try await self.complete(name, logger)
        let isBound = try await APIError.explaining("the unit was not bound", logger: logger) {
            try await self.binds.bindUnit(host, app: subject.name, to: instance)
        }
        guard isBound else { throw APIError.noInstance(name) }
        AuditRecord(request, body).write("bind unit", instance: name, subject: host, to: logger)
        return try Response.json([String: String](), status: .created)
    }

    /// The unit alone says which one is meant: no app is named. One that is not bound is no error, because tsuru would stop there.
    private func unbindUnit(_ name: String, _ request: Request, _ logger: Logger) async throws -> Response {
        let body = try await request.serviceRequest()
        guard let host = body.unitHost, !host.isEmpty else {
            guard body.appName?.isEmpty == false else {
                throw APIError(.badRequest, .bindFields, "the field 'unit-host' is missing: name the unit")
            }
            return try await self.unbind(Self.app(body), name, request, body, logger)
        }
        let instance = try await self.service.instance(name, logger: logger)
        try await APIError.explaining("the unit was not unbound", logger: logger) {
            try await self.binds.unbindUnit(host, from: instance)
        }
        AuditRecord(request, body).write("unbind unit", instance: name, subject: host, to: logger)
        return Response(status: .ok)
    }

    private func bind(
        _ subject: BindSubject, _ name: String, _ request: Request, _ body: ServiceRequest, _ logger: Logger
    ) async throws -> Response {
        let instance = try await self.complete(name, logger)
        let audit = AuditRecord(request, body)
        let outcome = try await APIError.explaining("the \(subject.kind.rawValue) was not bound", logger: logger) {
            try await self.binds.bind(subject, to: instance, .init(eventID: audit.eventID, hosts: body.hosts))
        }
        switch outcome {
        case .bound(let variables):
            audit.write("bind \(subject.kind.rawValue)", instance: name, subject: subject.name, to: logger)
            return try Response.json(variables, status: .created)
        case .absent:
            throw APIError.noInstance(name)
        case .busy:
            throw Self.busy(subject)
        }
    }

    private func unbind(
        _ subject: BindSubject, _ name: String, _ request: Request, _ body: ServiceRequest, _ logger: Logger
    ) async throws -> Response {
        let instance = try await self.service.instance(name, logger: logger)
        let kind = subject.kind.rawValue
        let outcome = try await APIError.explaining("the \(kind)'s credentials were not revoked", logger: logger) {
            try await self.binds.unbind(subject, from: instance)
        }
        switch outcome {
        case .unbound:
            AuditRecord(request, body).write("unbind \(kind)", instance: name, subject: subject.name, to: logger)
            return Response(status: .ok)
        case .notBound:
            throw APIError(.notFound, .bindNotFound, "the \(kind) '\(subject.name)' is not bound to the instance '\(name)'")
        case .busy:
            throw Self.busy(subject)
        }
    }

    /// - Throws: 412 as long as an instance cannot be bound.
    private func complete(_ name: String, _ logger: Logger) async throws -> Instance {
        let instance = try await self.service.instance(name, logger: logger)
        guard !instance.isComplete else { return instance }
        let reason =
            instance.status == .failed
            ? "its creation has failed: \(instance.failure ?? "the reason is not known"); remove it and create it again"
            : "it is still being created; try again when its status is up"
        throw APIError(.preconditionFailed, .instanceNotReady, "the instance '\(name)' is not ready: \(reason)")
    }

    private static func app(_ body: ServiceRequest) throws(APIError) -> BindSubject {
        try self.subject(.app, body.appName ?? "", missing: "the field 'app-name' is missing: name the app")
    }

    private static func subject(_ kind: BindSubject.Kind, _ name: String, missing: String) throws(APIError) -> BindSubject {
        guard !name.isEmpty else { throw APIError(.badRequest, .bindFields, missing) }
        guard ServiceName.isBound(name) else {
            throw APIError(
                .badRequest, .bindFields,
                "no \(kind.rawValue) can have this name: give up to \(ServiceName.maximumBoundLength) letters, digits, '-', '_' and '.'"
            )
        }
        return BindSubject(kind, name)
    }

    private static func busy(_ subject: BindSubject) -> APIError {
        APIError(
            .serviceUnavailable, .bindBusy,
            "another bind or unbind of the \(subject.kind.rawValue) '\(subject.name)' is still under way; try again in a moment",
            headers: [.retryAfter: "10"])
    }
}

extension RequestContext {
    /// A segment of the path. What is not well encoded is left as it is: no name has a `%`.
    func pathText(_ name: String) -> String {
        let text = self.parameters.get(name) ?? ""
        return PercentText.decode(text.utf8) ?? text
    }
}

extension Response {
    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Response(
            status: status, headers: [.contentType: "application/json; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try encoder.encode(value))))
    }
}

import Hummingbird
import Logging
import PushRedis
import PushRuntime
import PushaasProvisioning

/// What users ask for, whoever passes it on: tsuru, or the admin app. Errors are `APIError`s with sentences for users.
public struct InstanceService: Sendable {
    let repository: InstanceRepository
    let plans: PlanCatalog
    let provider: any Provider
    let abandoned: AbandonedCreations

    /// - Parameter abandoned: Run by the caller, as long as there are requests.
    public init(
        repository: InstanceRepository, plans: PlanCatalog, provider: any Provider, abandoned: AbandonedCreations
    ) {
        self.repository = repository
        self.plans = plans
        self.provider = provider
        self.abandoned = abandoned
    }

    /// Finds the live instance of this name.
    ///
    /// - Throws: 404 if there is none, also for a name that none can have.
    func instance(_ name: String, logger: Logger) async throws -> Instance {
        guard ServiceName.isInstance(name) else { throw APIError.noInstance(name) }
        let instance = try await APIError.explaining("the instance cannot be looked up", logger: logger) {
            try await self.repository.instance(name)
        }
        guard let instance else { throw APIError.noInstance(name) }
        return instance
    }

    /// Begins a creation; a worker does the rest.
    ///
    /// - Throws: 400 for a name or a plan that cannot be had, 409 if the name is taken, 503 without Redis. Nothing is left then.
    func create(_ request: ServiceRequest, user: String, logger: Logger) async throws -> Instance {
        guard let name = request.name, !name.isEmpty else {
            throw APIError(.badRequest, .instanceName, "the field 'name' is missing: give the instance a name")
        }
        if let problem = ServiceName.problem(ofInstance: name) { throw APIError(.badRequest, .instanceName, problem) }
        let plan = try self.plan(request.plan)
        do throws(ProviderError) {
            _ = try self.provider.creationSteps(for: plan)
        } catch {
            throw APIError(
                error.kind == .temporary ? .serviceUnavailable : .badRequest, .plan,
                "the plan '\(plan.name)' cannot be had here: \(error.message)")
        }
        let wish = NewInstance(
            name: name, plan: plan, team: request.team ?? "", user: user, description: request.description ?? "",
            tags: request.tags)
        // Whether it was recorded or not, after an error it is not there: tsuru never asks for its removal.
        let created = try await APIError.explaining("the instance was not created", logger: logger) {
            try await self.abandoned.settle(name)
            let id = InstanceID.random()
            do {
                return try await self.repository.create(wish, id: id)
            } catch let error as RedisError where error.mayHaveExecuted {
                self.abandoned.add(name, id)
                throw error
            }
        }
        guard let created else {
            throw APIError(
                .conflict, .instanceExists,
                "there is an instance '\(name)' already: choose another name; if you have none of this name, an earlier try may have made "
                    + "it, and whoever runs pushaas can destroy it")
        }
        return created
    }

    /// Changes what is said of an instance, and its plan if another one is given.
    ///
    /// - Throws: 404, 400 for a plan that there is not, 422 for a plan change that cannot be done. Only the last may come after the rest was
    ///   changed: then the instance is in a status that allows no change of plan.
    /// - Returns: Whether a change of the plan is on its way.
    func update(_ name: String, _ request: ServiceRequest, logger: Logger) async throws -> Bool {
        let instance = try await self.instance(name, logger: logger)
        let target = try self.target(request.plan, of: instance)
        let isKnown = try await APIError.explaining("the instance was not changed", isWrite: true, logger: logger) {
            try await self.repository.changeMetadata(
                name: name, id: instance.id, team: request.team ?? instance.team,
                description: request.description ?? instance.description, tags: request.tags)
        }
        guard isKnown else { throw APIError.noInstance(name) }
        guard let target else { return false }
        try await self.request(target, for: instance, logger: logger)
        return true
    }

    /// Changes the plan only.
    func changePlan(_ name: String, to plan: String, logger: Logger) async throws -> Bool {
        let instance = try await self.instance(name, logger: logger)
        guard let target = try self.target(plan, of: instance) else { return false }
        try await self.request(target, for: instance, logger: logger)
        return true
    }

    /// - Returns: `true` if the instance was there; `false` if it was destroyed before and something is left of it.
    /// - Throws: 404 when nothing is left anywhere.
    @discardableResult
    func destroy(_ name: String, logger: Logger) async throws -> Bool {
        guard ServiceName.isInstance(name) else { throw APIError.noInstance(name) }
        let destruction = try await APIError.explaining("the instance was not removed", isWrite: true, logger: logger) {
            try await self.repository.destroy(name)
        }
        switch destruction {
        case .accepted: return true
        case .alreadyUnderWay: return false
        case .absent: throw APIError.noInstance(name)
        }
    }

    // MARK: Plans

    private func plan(_ name: String?) throws(APIError) -> Plan {
        guard let name, !name.isEmpty else { return self.plans.standard }
        guard let plan = self.plans[name] else {
            let names = self.plans.plans.map(\.name).joined(separator: ", ")
            throw APIError(.badRequest, .plan, "there is no plan '\(name.prefix(100))': choose one of \(names)")
        }
        return plan
    }

    /// The plan to change to; `nil` if the instance has it or is on its way to it. tsuru sends the plan with every update.
    private func target(_ name: String?, of instance: Instance) throws(APIError) -> Plan? {
        guard let name, !name.isEmpty, name != (instance.targetPlan ?? instance.plan).name else { return nil }
        let target = try self.plan(name)
        do throws(ProviderError) {
            _ = try self.provider.resizeSteps(from: instance.plan, to: target)
        } catch {
            throw APIError(
                error.kind == .temporary ? .serviceUnavailable : .unprocessableContent, .planChange,
                "the plan cannot be changed from '\(instance.plan.name)' to '\(target.name)': \(error.message)")
        }
        return target
    }

    private func request(_ target: Plan, for instance: Instance, logger: Logger) async throws {
        let outcome = try await APIError.explaining("the plan was not changed", isWrite: true, logger: logger) {
            try await self.repository.requestPlan(name: instance.name, id: instance.id, plan: target)
        }
        switch outcome {
        case .accepted, .unchanged:
            return
        case .absent:
            throw APIError.noInstance(instance.name)
        case .notRunning(let status):
            let reason =
                switch status {
                case .pending: "it is still being created; try again when it is up"
                case .updating: "another change of its plan is under way; try again when that is done"
                case .failed: "its creation has failed; remove it and create it again with that plan"
                case .running: "its status has just changed; try again"
                }
            throw APIError(.unprocessableContent, .planChange, "the plan of '\(instance.name)' cannot be changed: \(reason)")
        }
    }
}

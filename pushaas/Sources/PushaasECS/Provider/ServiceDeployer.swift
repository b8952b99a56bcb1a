import PushModels
import PushaasProvisioning
import Synchronization

/// Brings ECS services to what the templates say, waits until they are, and takes them away.
struct ServiceDeployer: Sendable {
    let aws: AWSClient
    let templates: ECSTemplates
    var configuration: ECSConfiguration { self.templates.configuration }
    var definitions: TaskDefinitions { TaskDefinitions(aws: self.aws) }

    /// Creates the service, or changes it, and returns when all its tasks are healthy and those of before are gone.
    func ensure(
        _ component: Component, _ context: StepContext, _ inputs: ECSTemplates.Inputs, targetGroupARN: String?
    ) async throws {
        let specification = context.specification
        let name = component.name(specification)
        let registry = try await CloudMap(aws: self.aws, templates: self.templates).ensure(component, specification)
        var known = try await self.describe(name)
        if known?["status"]?.string == "DRAINING" {
            await context.report("\(component.rawValue): waiting for the end of the service that is being deleted")
            try await self.waitUntilGone(name)
            known = nil
        }
        let definition = try await self.definitions.ensure(
            try self.templates.taskDefinition(component, specification, inputs), preferred: known?["taskDefinition"]?.string)

        if known?["status"]?.string != "ACTIVE" {
            let body = self.templates.createService(
                component, specification, taskDefinition: definition, registryARN: registry, targetGroupARN: targetGroupARN)
            do {
                try await self.aws.json(.ecs, "CreateService", body)
            } catch let error as AWSError where error.message.contains("not idempotent") {
                // It is there all the same: made by an earlier run from another revision, and not in the answer a moment ago.
                try await self.update(component, specification, definition)
            }
        } else if known?["taskDefinition"]?.string != definition
            || known?["desiredCount"]?.int != component.count(in: specification.plan)
        {
            try await self.update(component, specification, definition)
        }
        try await self.waitUntilSteady(component, context, definition)
        // Those of before are needed no more: going back makes an equal one.
        try await self.definitions.retire(name, except: definition)
    }

    private func update(_ component: Component, _ specification: InstanceSpecification, _ definition: String) async throws {
        let body = self.templates.updateService(component, specification, taskDefinition: definition)
        // It is known to be there, though it may have been made a moment ago.
        try await poll(
            every: self.configuration.pollInterval, within: .seconds(60),
            late: { ProviderError(.temporary, "ECS does not find the service of \(component.rawValue) yet") }
        ) { () -> Bool? in
            do {
                try await self.aws.json(.ecs, "UpdateService", body)
                return true
            } catch let error as AWSError where error.code == "ServiceNotFoundException" {
                return nil
            }
        }
    }

    /// The service as ECS describes it; `nil` if there is none, or none any more.
    func describe(_ name: String) async throws -> JSONValue? {
        let answer = try await self.aws.json(
            .ecs, "DescribeServices",
            ["cluster": .string(self.configuration.cluster), "services": [.string(name)], "include": ["TAGS"]])
        let service = answer["services"]?.elements.first { $0["serviceName"]?.string == name }
        return service?["status"]?.string == "INACTIVE" ? nil : service
    }

    // MARK: Waiting

    private func waitUntilSteady(_ component: Component, _ context: StepContext, _ definition: String) async throws {
        let name = component.name(context.specification)
        let wanted = component.count(in: context.specification.plan)
        let memory = WaitMemory()
        try await poll(
            every: self.configuration.pollInterval, within: self.configuration.deploymentTimeout,
            late: {
                let reason = (try? await self.reason(name)).flatMap { $0 } ?? "ECS does not tell why"
                return ProviderError(
                    .permanent, "\(component.rawValue) is not up after \(self.configuration.deploymentTimeout): \(reason)")
            }
        ) { () -> Bool? in
            // Not there yet, for an answer that is a moment old.
            guard let service = try await self.describe(name) else { return nil }
            let deployments = service["deployments"]?.elements ?? []
            guard let primary = deployments.first(where: { $0["status"]?.string == "PRIMARY" }) else { return nil }
            let isOurs = primary["taskDefinition"]?.string == definition
            if primary["rolloutState"]?.string == "FAILED"
                || deployments.contains(where: {
                    $0["taskDefinition"]?.string == definition && $0["rolloutState"]?.string == "FAILED"
                })
            {
                throw try await self.failure(component, name, primary)
            }
            guard isOurs else {
                // Either the answer is a moment too old, or ECS has gone back to the revision of before.
                if memory.hasBegun { throw try await self.failure(component, name, primary) }
                return nil
            }
            memory.begin()
            let running = primary["runningCount"]?.int ?? 0
            let others = deployments.count - 1
            let isDone =
                (primary["rolloutState"]?.string ?? "COMPLETED") == "COMPLETED" && running == wanted
                && service["runningCount"]?.int == wanted && service["desiredCount"]?.int == wanted && others == 0
            if isDone { return true }
            let sentence =
                "\(component.rawValue): \(running) of \(wanted) tasks run"
                + (others > 0 ? ", earlier ones are being drained" : "")
            if memory.isNew(sentence) { await context.report(sentence) }
            return nil
        }
    }

    private func failure(_ component: Component, _ name: String, _ deployment: JSONValue) async throws -> ProviderError {
        let reason = try await self.reason(name) ?? deployment["rolloutStateReason"]?.string ?? "ECS does not tell why"
        return ProviderError(.permanent, "ECS gave up starting \(component.rawValue): \(reason)")
    }

    /// Why tasks of a service do not run: what the last that stopped has left, else the service's last event.
    func reason(_ name: String) async throws -> String? {
        let stopped = try await self.tasks(of: name, desiredStatus: "STOPPED")
        let reasons = stopped.compactMap { task -> String? in
            let container = task["containers"]?.elements.compactMap { $0["reason"]?.string }.first
            // A scaling or a deployment ends tasks too, and explains nothing.
            guard task["stopCode"]?.string != "ServiceSchedulerInitiated" || container != nil else { return nil }
            return container ?? task["stoppedReason"]?.string
        }
        let event = try await self.describe(name)?["events"]?.elements.first?["message"]?.string
        let parts = [event, reasons.last].compactMap { $0 }.map { $0.hasSuffix(".") ? String($0.dropLast()) : $0 }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    // MARK: Tasks

    /// The tasks of a service, described.
    ///
    /// - Parameter desiredStatus: `RUNNING`, or `STOPPED` for those that are ending or have ended within the last hour.
    func tasks(of name: String, desiredStatus: String) async throws -> [JSONValue] {
        let arns = try await self.aws.pages(
            .ecs, "ListTasks",
            [
                "cluster": .string(self.configuration.cluster), "family": .string(name), "desiredStatus": .string(desiredStatus),
            ], items: "taskArns")
        var tasks: [JSONValue] = []
        for start in stride(from: 0, to: arns.count, by: 100) {
            let answer = try await self.aws.json(
                .ecs, "DescribeTasks",
                [
                    "cluster": .string(self.configuration.cluster),
                    "tasks": .array(Array(arns[start..<min(start + 100, arns.count)])),
                ])
            tasks += answer["tasks"]?.elements ?? []
        }
        return tasks.filter { TaskDefinitions.family(of: $0["taskDefinitionArn"]?.string ?? "") == name }
    }

    // MARK: Removal

    /// Deletes the service, waits for the end of its tasks, then takes away its name and its task definitions.
    func remove(_ component: Component, _ context: StepContext) async throws {
        let name = component.name(context.specification)
        try await self.removeService(name)
        try await CloudMap(aws: self.aws, templates: self.templates).remove(name)
        try await self.definitions.remove(name)
    }

    func removeService(_ name: String) async throws {
        do {
            // Whatever a look would tell: it may be a moment old.
            try await self.aws.json(
                .ecs, "DeleteService",
                ["cluster": .string(self.configuration.cluster), "service": .string(name), "force": true])
        } catch let error as AWSError where ["ServiceNotFoundException", "ServiceNotActiveException"].contains(error.code) {
            // Gone, or on its way.
        } catch let error as AWSError where error.code == "InvalidParameterException" && error.message.contains("not ACTIVE") {
            // Likewise.
        }
        try await self.waitUntilGone(name)
    }

    private func waitUntilGone(_ name: String) async throws {
        try await poll(
            every: self.configuration.pollInterval, within: self.configuration.deploymentTimeout,
            late: { ProviderError(.temporary, "tasks of \(name) have not ended yet") }
        ) { () -> Bool? in
            guard try await self.describe(name) == nil else { return nil }
            for status in ["RUNNING", "STOPPED"] {
                let tasks = try await self.tasks(of: name, desiredStatus: status)
                guard tasks.allSatisfy({ $0["lastStatus"]?.string == "STOPPED" }) else { return nil }
            }
            return true
        }
    }
}

/// What one wait has seen so far.
private final class WaitMemory: Sendable {
    private let state = Mutex((sentence: "", hasBegun: false))

    /// Keeps a log from saying the same again.
    func isNew(_ sentence: String) -> Bool {
        self.state.withLock { state in
            defer { state.sentence = sentence }
            return state.sentence != sentence
        }
    }

    /// Whether the deployment that is waited for was the service's own once.
    var hasBegun: Bool { self.state.withLock { $0.hasBegun } }
    func begin() { self.state.withLock { $0.hasBegun = true } }
}

import PushModels
import PushaasProvisioning

/// What an instance's Redis has stored outside its task, and how it is taken away: by a task of its own, because only tasks reach it.
struct StoredData: Sendable {
    let aws: AWSClient
    let deployer: ServiceDeployer
    private var configuration: ECSConfiguration { self.deployer.configuration }

    /// - Throws: `ProviderError` if the task does not succeed.
    func remove(_ context: StepContext, _ inputs: ECSTemplates.Inputs) async throws {
        let templates = self.deployer.templates
        guard let definition = try templates.removalDefinition(context.specification, inputs) else { return }
        let family = templates.removalFamily(context.specification)
        let arn = try await self.deployer.definitions.ensure(definition, preferred: nil)
        if try await !self.succeeded(family, arn) {
            await context.report("removing what push-redis has stored")
            try await self.run(templates.runRemoval(context.specification, taskDefinition: arn), family)
        }
        try await self.deployer.definitions.remove(family)
    }

    private func run(_ body: JSONValue, _ family: String) async throws {
        let answer = try await self.aws.json(.ecs, "RunTask", body)
        if let failure = answer["failures"]?.elements.first {
            throw ProviderError(
                .temporary,
                "the task that removes what push-redis has stored cannot start: \(failure["reason"]?.string ?? "unknown")")
        }
        guard let task = answer["tasks"]?.elements.first?["taskArn"]?.string else {
            throw ProviderError(.temporary, "the task that removes what push-redis has stored did not start")
        }
        let (code, reason) = try await poll(
            every: self.configuration.pollInterval, within: self.configuration.deploymentTimeout,
            late: { ProviderError(.temporary, "the task that removes what push-redis has stored does not end") }
        ) { () -> (Int, String)? in
            let answer = try await self.aws.json(
                .ecs, "DescribeTasks", ["cluster": .string(self.configuration.cluster), "tasks": [.string(task)]])
            guard let state = answer["tasks"]?.elements.first, state["lastStatus"]?.string == "STOPPED" else { return nil }
            let container = state["containers"]?.elements.first
            // A container that never ran has no code, and the task says why.
            let reason = container?["reason"]?.string ?? state["stoppedReason"]?.string ?? "its log tells why"
            return (container?["exitCode"]?.int ?? -1, reason)
        }
        guard code == 0 else {
            // The next try is another call: the same revision would give the same token, and with it this task again.
            try await self.deployer.definitions.remove(family)
            throw ProviderError(
                .temporary, "the task that removes what push-redis has stored failed (exit code \(code)): \(reason)")
        }
    }

    /// Whether an earlier run's task has done it: ECS shows ended tasks for an hour. One of another revision removed something else: where
    /// an instance was destroyed and its data came to be again, or lies elsewhere by now.
    private func succeeded(_ family: String, _ definition: String) async throws -> Bool {
        try await self.deployer.tasks(of: family, desiredStatus: "STOPPED").contains {
            $0["lastStatus"]?.string == "STOPPED" && $0["taskDefinitionArn"]?.string == definition
                && $0["containers"]?.elements.first?["exitCode"]?.int == 0
        }
    }
}

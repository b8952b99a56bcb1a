import PushaasProvisioning

extension DockerProvider {
    /// The last one: it ends when the whole instance is reached where its users reach it.
    var apiStep: ProvisioningStep {
        ProvisioningStep("push-api", title: "Start push-api", timeout: .seconds(1800)) { context in
            try await self.converge(apis: context)
            return [:]
        } undo: { context in
            try await self.instance(context).removeContainers(.api)
        }
    }

    var apiResizeStep: ProvisioningStep {
        ProvisioningStep("resize-push-api", title: "Resize push-api", timeout: .seconds(3600)) { context in
            try await self.converge(apis: context)
            return [:]
        } undo: { context in
            try await self.converge(apis: context)
        }
    }

    /// Makes the push-apis of the context's plan run and no others, new ones first.
    private func converge(apis context: StepContext) async throws {
        let instance = self.instance(context)
        let wanted = self.definitions(context).apis(
            streamURL: try context.output(WellKnownOutput.streamURL), proxies: try context.output(DockerOutput.subnet))
        for definition in wanted { try await instance.run(definition) }
        try await self.waitForBalancer(context)
        let names = Set(wanted.map(\.name))
        for container in try await instance.containers(.api) where !names.contains(container.name) {
            await context.report("lets \(container.name) finish its requests")
            try await instance.retire(container.name)
        }
        // Not more than the plan: what was retired may be counted for a moment.
        try await self.waitForBalancer(
            at: try context.output(WellKnownOutput.apiManagementURL), context.specification.secrets
        ) { (context.specification.plan.streamTasks, wanted.count) }
    }
}

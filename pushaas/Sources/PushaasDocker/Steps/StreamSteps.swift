import PushaasProvisioning

extension DockerProvider {
    var streamStep: ProvisioningStep {
        ProvisioningStep("push-stream", title: "Start push-stream and push-agent", timeout: .seconds(1800)) { context in
            try await self.converge(pairs: context)
            return [:]
        } undo: { context in
            let instance = self.instance(context)
            try await instance.removeContainers(.agent)
            try await instance.removeContainers(.stream)
        }
    }

    var streamResizeStep: ProvisioningStep {
        ProvisioningStep("resize-push-stream", title: "Resize push-stream", timeout: .seconds(7200)) { context in
            try await self.converge(pairs: context)
            return [:]
        } undo: { context in
            try await self.converge(pairs: context)
        }
    }

    /// Makes the pairs of the context's plan run and no others: new ones first, then a paced drain of those that are surplus.
    private func converge(pairs context: StepContext) async throws {
        let instance = self.instance(context)
        let wanted = self.definitions(context).pairs
        let present = Set(try await instance.containers(.stream).map(\.name))
        for pair in wanted {
            try await instance.run(pair.stream)
            try await instance.replace(with: pair.agent)
        }
        let surplus = present.subtracting(wanted.map(\.stream.name))
        if !surplus.isEmpty { try await self.retire(streams: surplus.sorted(), context) }
        // After the drain: who comes from a push-stream that goes finds the greater of two histories and of two limits.
        for pair in wanted where present.contains(pair.stream.name) { try await self.reload(pair.stream, instance) }
        // Those whose push-stream went in a try that was cut off.
        let agents = Set(wanted.map(\.agent.name))
        for agent in try await instance.containers(.agent) where !agents.contains(agent.name) {
            try await instance.retire(agent.name)
        }
    }

    /// Gives a running push-stream the limits of its plan. Its subscribers stay.
    private func reload(_ stream: ContainerDefinition, _ instance: InstanceEngine) async throws {
        if let archive = stream.archive { try await self.engine.put(archive, into: stream.name) }
        guard try await self.engine.execute(Definitions.streamReload, in: stream.name) == 0 else {
            throw ProviderError(.temporary, "push-stream did not take its new limits")
        }
    }

    /// Lets push-streams go all at once: none of them takes subscribers any more then, and whoever is sent away by one cannot come to another that goes
    /// too.
    private func retire(streams names: [String], _ context: StepContext) async throws {
        try await self.waitForBalancer(context)
        await context.report("lets \(names.joined(separator: ", ")) part with \(names.count == 1 ? "its" : "their") subscribers")
        let errors = await withTaskGroup(of: (any Error)?.self) { group in
            for name in names {
                group.addTask {
                    do {
                        try await self.retire(stream: name, self.instance(context))
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(into: [any Error]()) { if let error = $1 { $0.append(error) } }
        }
        // After all of them have ended: one that fails cuts off no other's drain.
        if let error = errors.first { throw error }
    }

    /// push-stream parts with its subscribers over its time of grace; until the last one is gone, its push-agent gives it what they are to get.
    private func retire(stream name: String, _ instance: InstanceEngine) async throws {
        try await instance.retire(name)
        // Their names differ in the component alone, which stands after the instance's.
        let place = name.dropFirst("\(instance.specification.resourceName)-stream-".count)
        try await instance.retire("\(instance.specification.resourceName)-agent-\(place)")
    }

    /// Waits until the balancer uses all that run, so that subscribers who are sent away find the others.
    func waitForBalancer(_ context: StepContext) async throws {
        // In the creation, there is none before push-stream.
        guard let url = context.outputs[WellKnownOutput.apiManagementURL] else { return }
        let instance = self.instance(context)
        try await self.waitForBalancer(at: url, context.specification.secrets) {
            (
                try await instance.containers(.stream).count(where: \.isHealthy),
                try await instance.containers(.api).count(where: \.isHealthy)
            )
        }
    }
}

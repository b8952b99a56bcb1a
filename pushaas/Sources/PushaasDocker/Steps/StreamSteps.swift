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

    /// Makes the pairs of the context's plan run and no others: new ones first, then, for each that is surplus, a paced drain.
    private func converge(pairs context: StepContext) async throws {
        let instance = self.instance(context)
        let wanted = self.definitions(context).pairs
        let names = Set(wanted.map(\.stream.name))
        var surplus = try await instance.containers(.stream).map(\.name).filter { !names.contains($0) }
        let present = Set(try await instance.containers(.stream).map(\.name))
        var serving = surplus.count + present.intersection(names).count
        for pair in wanted {
            try await instance.run(pair.stream)
            try await instance.run(pair.agent)
            if !present.contains(pair.stream.name) { serving += 1 }
            // One by one, so that an instance is never much bigger than its plan.
            if serving > wanted.count, let name = surplus.popLast() {
                try await self.retire(stream: name, context)
                serving -= 1
            }
        }
        while let name = surplus.popLast() { try await self.retire(stream: name, context) }
        // Those whose push-stream went in a try that was cut off.
        let agents = Set(wanted.map(\.agent.name))
        for agent in try await instance.containers(.agent) where !agents.contains(agent.name) {
            try await instance.retire(agent.name)
        }
    }

    /// push-stream parts with its subscribers over its time of grace; until the last one is gone, its push-agent gives it what they are to get.
    private func retire(stream name: String, _ context: StepContext) async throws {
        let instance = self.instance(context)
        try await self.waitForBalancer(context)
        await context.report("lets \(name) part with its subscribers")
        try await instance.retire(name)
        // Their names differ in the component alone.
        try await instance.retire(name.replacing("-stream-", with: "-agent-", maxReplacements: 1))
    }

    /// Waits until the balancer uses all that run, so that subscribers who are sent away find the others.
    func waitForBalancer(_ context: StepContext) async throws {
        // In the creation, there is none before push-stream.
        guard let url = context.outputs[WellKnownOutput.apiManagementURL] else { return }
        let instance = self.instance(context)
        let streams = try await instance.containers(.stream).count(where: \.isHealthy)
        let apis = try await instance.containers(.api).count(where: \.isHealthy)
        try await self.waitForBalancer(at: url, context.specification.secrets, streams: streams, apis: apis)
    }
}

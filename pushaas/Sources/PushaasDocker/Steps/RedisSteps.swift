import PushaasProvisioning

extension DockerProvider {
    var redisStep: ProvisioningStep {
        ProvisioningStep("push-redis", title: "Start push-redis", timeout: .seconds(1800)) { context in
            let instance = self.instance(context)
            try await instance.run(self.definitions(context).redis(volume: instance.volume))
            return [:]
        } undo: { context in
            let instance = self.instance(context)
            try await instance.removeContainers(.copier)
            try await instance.removeContainers(.redis)
        }
    }

    var redisResizeStep: ProvisioningStep {
        ProvisioningStep("resize-push-redis", title: "Resize push-redis", timeout: .seconds(1800)) { context in
            try await self.resizeRedis(context)
            return [:]
        } undo: { context in
            try await self.resizeRedis(context)
        }
    }

    /// To the context's plan, from any other: with all that Redis has.
    private func resizeRedis(_ context: StepContext) async throws {
        let instance = self.instance(context)
        let definitions = self.definitions(context)
        let persistence = context.specification.plan.persistence
        let definition = definitions.redis(volume: instance.volume)
        if persistence == .persistent { try await self.makeVolume(instance) }
        let other = definitions.redisName(persistence == .persistent ? .ephemeral : .persistent)
        if let old = try await self.engine.inspectContainer(other) {
            try await self.move(from: other, old, to: definition, instance)
        }
        try await instance.run(definition)
        try await self.engine.removeContainer(other)
        try await instance.removeContainers(.copier)
        if persistence == .ephemeral { try await self.removeVolumes(instance) }
        try await self.setMemory(definitions, definition)
    }

    /// Gives the running Redis the memory of its plan; its file has it for the next start.
    private func setMemory(_ definitions: Definitions, _ definition: ContainerDefinition) async throws {
        if let archive = definition.archive { try await self.engine.put(archive, into: definition.name) }
        let command = "\(Definitions.redisCLI) config set maxmemory \(definitions.redisMemory)mb | grep -q OK"
        guard try await self.engine.execute(["sh", "-c", command], in: definition.name) == 0 else {
            throw ProviderError(.temporary, "push-redis did not take its new limit of memory")
        }
    }

    /// Brings the data from a container with one persistence to one with the other. Both never run at the same time, and the one that was started
    /// last has the data, so a try that was cut off anywhere can be repeated, in the other direction too.
    private func move(
        from other: String, _ old: ContainerInspection, to definition: ContainerDefinition, _ instance: InstanceEngine
    ) async throws {
        let new = try await self.engine.inspectContainer(definition.name)
        if let new, new.hasRun, new.state.startedAt >= old.state.startedAt { return }
        guard old.hasRun else { return }
        await instance.report("moves push-redis' data")
        try await instance.removeContainers(.copier)
        try await self.engine.removeContainer(definition.name)
        try await instance.create(definition)
        // Ends with its file complete on disk. Publishers get errors from now on, and agents wait, until the new one runs.
        try await self.engine.stopContainer(other, timeout: self.configuration.stopTimeout)
        guard let made = try await self.engine.inspectContainer(definition.name) else {
            throw ProviderError(.temporary, "the container \(definition.name) went away while it was being started")
        }
        guard let source = old.dataVolume, let target = made.dataVolume else {
            throw ProviderError(.permanent, "push-redis' container has no volume for its data")
        }
        try await self.copy(from: source, to: target, instance)
    }

    private func copy(from source: String, to target: String, _ instance: InstanceEngine) async throws {
        let name = "\(instance.specification.resourceName)-copier"
        var creation = ContainerCreation(
            image: self.configuration.images.redis, entrypoint: ["sh", "-c"],
            cmd: ["find /to -mindepth 1 -delete && cp -a /from/. /to/"], user: "0", labels: instance.labels(.copier),
            stopTimeout: 1,
            hostConfig: HostConfig())
        creation.hostConfig.mounts = [.init(source: source, target: "/from"), .init(source: target, target: "/to")]
        creation.hostConfig.networkMode = "none"
        guard try await self.engine.createContainer(name: name, creation) == .created,
            try await self.engine.startContainer(name),
            try await self.engine.waitForContainer(name, timeout: .seconds(1500)) == 0
        else {
            throw ProviderError(.temporary, "push-redis' data could not be copied")
        }
        try await self.engine.removeContainer(name)
    }
}

extension ContainerInspection {
    /// The name of the volume that Redis writes to.
    var dataVolume: String? { self.mounts?.first { $0.destination == "/data" }?.name }
}

import Logging
import PushaasProvisioning

/// What belongs to one instance on the Engine: made, found again and taken away by names and labels that follow from its specification.
struct InstanceEngine: Sendable {
    let engine: EngineClient
    let configuration: DockerConfiguration
    let installation: String
    let specification: InstanceSpecification
    let report: @Sendable (String) async -> Void

    var network: String { self.specification.resourceName }
    var volume: String { "\(self.specification.resourceName)-redis" }

    func labels(_ component: Component? = nil) -> [String: String] {
        var labels = [
            Label.installation: self.installation, Label.instance: self.specification.id.rawValue,
            Label.name: self.specification.name,
        ]
        labels[Label.component] = component?.rawValue
        return labels
    }

    private func filter(_ component: Component? = nil) -> [String] {
        var filter = ["\(Label.installation)=\(self.installation)", "\(Label.instance)=\(self.specification.id)"]
        if let component { filter.append("\(Label.component)=\(component.rawValue)") }
        return filter
    }

    func containers(_ component: Component? = nil) async throws -> [ContainerSummary] {
        try await self.engine.containers(labels: self.filter(component))
    }

    func networks() async throws -> [NetworkSummary] {
        try await self.engine.networks(labels: self.filter())
    }

    func volumes() async throws -> [VolumeList.Volume] {
        try await self.engine.volumes(labels: self.filter())
    }

    // MARK: Making

    /// Makes the container if there is none, and pulls its image if that is missing. Does not start it.
    func create(_ definition: ContainerDefinition) async throws {
        let creation = definition.creation(
            labels: self.labels(definition.component), network: self.network, configuration: self.configuration)
        if try await self.engine.createContainer(name: definition.name, creation) != .noSuchImage { return }
        try await self.engine.pull(definition.image, registry: self.configuration.registry, report: self.report)
        if try await self.engine.createContainer(name: definition.name, creation) == .noSuchImage {
            throw ProviderError(.permanent, "there is no image \(definition.image)")
        }
    }

    /// Makes the container run as it is meant to, of the size that it is meant to have.
    ///
    /// - Returns: `false` if a published port is taken by somebody else; the container then is gone.
    func start(_ definition: ContainerDefinition) async throws -> Bool {
        var inspection = try await self.engine.inspectContainer(definition.name)
        if inspection == nil {
            try await self.create(definition)
            inspection = try await self.engine.inspectContainer(definition.name)
        }
        guard let inspection else {
            throw ProviderError(.temporary, "the container \(definition.name) went away while it was being started")
        }
        guard inspection.config.labels?[Label.instance] == self.specification.id.rawValue else {
            throw ProviderError(.permanent, "a container named \(definition.name) is there already, and is not this instance's")
        }
        try await self.resize(definition, from: inspection)
        if ["running", "restarting"].contains(inspection.state.status) { return true }
        // Whoever made it may have been killed before it got its files.
        if let archive = definition.archive { try await self.engine.put(archive, into: definition.name) }
        if try await self.engine.startContainer(definition.name) { return true }
        try await self.engine.removeContainer(definition.name)
        return false
    }

    /// In place: nothing restarts.
    private func resize(_ definition: ContainerDefinition, from inspection: ContainerInspection) async throws {
        guard let update = definition.size?.update else { return }
        let host = inspection.hostConfig
        guard host.nanoCpus != update.nanoCpus || host.memory != update.memory else { return }
        await self.report(
            "gives \(definition.name) \(definition.size!.cpu) thousandths of a processor and \(definition.size!.memory) MiB")
        try await self.engine.updateContainer(definition.name, update)
    }

    /// Starts a container that publishes nothing, and waits until it is healthy.
    func run(_ definition: ContainerDefinition) async throws {
        if try await self.engine.inspectContainer(definition.name) == nil {
            await self.report("starts \(definition.component.rawValue) as \(definition.name)")
        }
        guard try await self.start(definition) else {
            throw ProviderError(.permanent, "a port of \(definition.name) is taken")
        }
        try await self.waitUntilHealthy(definition)
    }

    /// Puts a container in the place of one of the same name that was made with another image or other variables, after that has ended as it wants to,
    /// or of none. Waits until it is healthy.
    func replace(with definition: ContainerDefinition) async throws {
        if let inspection = try await self.engine.inspectContainer(definition.name), !definition.isMade(as: inspection.config) {
            await self.report("replaces \(definition.name)")
            try await self.retire(definition.name)
        }
        try await self.run(definition)
    }

    /// Waits for the health check, or, where neither image nor definition has one, until the container runs.
    func waitUntilHealthy(_ definition: ContainerDefinition) async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + self.configuration.healthTimeout
        while true {
            guard let inspection = try await self.engine.inspectContainer(definition.name) else {
                throw ProviderError(.temporary, "the container \(definition.name) went away while it was being started")
            }
            let state = inspection.state
            if state.status == "running", ["healthy", "none"].contains(state.health?.status ?? "none") { return }
            if ["exited", "dead"].contains(state.status) || inspection.restartCount >= 3 {
                throw try await self.ended(definition, inspection)
            }
            guard clock.now < deadline else {
                throw ProviderError(
                    .permanent,
                    "\(definition.component.rawValue) (\(definition.name)) did not become healthy within "
                        + "\(self.configuration.healthTimeout.components.seconds) seconds")
            }
            try await clock.sleep(for: .milliseconds(250))
        }
    }

    private func ended(_ definition: ContainerDefinition, _ inspection: ContainerInspection) async throws -> ProviderError {
        let line = try await self.engine.lastLine(of: definition.name)
        return ProviderError(
            .permanent,
            "\(definition.component.rawValue) (\(definition.name)) ended with status \(inspection.state.exitCode)"
                + (line.map { ": \($0)" } ?? ""))
    }

    // MARK: Taking away

    /// Lets a container end as it wants to, then removes it.
    func retire(_ name: String) async throws {
        try await self.engine.stopContainer(name, timeout: self.configuration.stopTimeout)
        try await self.engine.removeContainer(name)
    }

    /// Removes all containers of a component at once; all of the instance's if `nil`.
    func removeContainers(_ component: Component?) async throws {
        for container in try await self.containers(component) { try await self.engine.removeContainer(container.id) }
    }
}

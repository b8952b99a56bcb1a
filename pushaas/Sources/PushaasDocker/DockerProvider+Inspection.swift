import PushaasProvisioning

extension DockerProvider {
    public func inspect(_ specification: InstanceSpecification, outputs: StepOutputs) async throws -> [PartState] {
        let instance = self.instance(specification)
        let containers = try await instance.containers()
        let plan = specification.plan
        let expected: [(Component, Int)] = [
            (.redis, 1), (.stream, plan.streamTasks), (.agent, plan.streamTasks), (.balancer, 1), (.api, plan.apiTasks),
        ]
        var states = expected.map { component, count in
            Self.state(component, count, containers.filter { $0.labels?[Label.component] == component.rawValue })
        }
        let networks = try await instance.networks()
        states.append(
            PartState(
                part: "network", expected: 1, healthy: networks.count,
                problem: networks.count == 1 ? nil : "there are \(networks.count) networks"))
        if plan.persistence == .persistent {
            let volumes = try await instance.volumes()
            states.append(
                PartState(
                    part: "volume", expected: 1, healthy: volumes.count, problem: volumes.isEmpty ? "the volume is missing" : nil)
            )
        }
        return states
    }

    private static func state(_ component: Component, _ expected: Int, _ containers: [ContainerSummary]) -> PartState {
        let healthy = containers.count(where: \.isHealthy)
        let ill = containers.filter { !$0.isHealthy }.map { "\($0.name): \($0.status.isEmpty ? $0.state : $0.status)" }
        var problem: String?
        if !ill.isEmpty {
            problem = ill.joined(separator: ", ")
        } else if healthy < expected {
            problem = "\(healthy) of \(expected) containers are there"
        } else if healthy > expected {
            problem = "\(healthy - expected) containers more than the plan has"
        }
        return PartState(part: component.rawValue, expected: expected, healthy: healthy, problem: problem)
    }

    public func resources() async throws -> [Resource] {
        let labels = ["\(Label.installation)=\(self.installation)"]
        func resource(_ kind: String, _ identifier: String, _ labels: [String: String]?) -> Resource {
            Resource(kind: kind, identifier: identifier, instance: labels?[Label.instance].flatMap(InstanceID.init(rawValue:)))
        }
        let containers = try await self.engine.containers(labels: labels).map { resource("container", $0.name, $0.labels) }
        let networks = try await self.engine.networks(labels: labels).map { resource("network", $0.id, $0.labels) }
        let volumes = try await self.engine.volumes(labels: labels).map { resource("volume", $0.name, $0.labels) }
        // In the order in which they can be removed.
        return containers + networks + volumes
    }

    public func remove(_ resource: Resource) async throws {
        switch resource.kind {
        case "container": try await self.engine.removeContainer(resource.identifier)
        case "network": try await self.engine.removeNetwork(resource.identifier)
        case "volume": try await self.engine.removeVolume(resource.identifier)
        default: throw ProviderError(.permanent, "a resource of the kind '\(resource.kind)' is not the Docker provider's")
        }
    }
}

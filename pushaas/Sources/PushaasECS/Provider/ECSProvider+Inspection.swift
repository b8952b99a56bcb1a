import PushModels
import PushaasProvisioning

extension ECSProvider {
    public func inspect(_ specification: InstanceSpecification, outputs: StepOutputs) async throws -> [PartState] {
        try await translating {
            var parts: [PartState] = []
            for component in Component.allCases where component != .redis || self.configuration.redisMode != .external {
                parts.append(try await self.inspect(component, specification, outputs))
            }
            if try await self.secrets.describe(self.templates.secretName(specification)) == nil {
                parts.append(PartState(part: "secret", expected: 1, healthy: 0, problem: "the secret with its passwords is gone"))
            }
            return parts
        }
    }

    private func inspect(
        _ component: Component, _ specification: InstanceSpecification, _ outputs: StepOutputs
    ) async throws -> PartState {
        let name = component.name(specification)
        var part = PartState(part: component.rawValue, expected: component.count(in: specification.plan), healthy: 0)
        guard let service = try await self.deployer.describe(name), service["status"]?.string == "ACTIVE" else {
            part.problem = "its ECS service is gone"
            return part
        }
        let running = try await self.deployer.tasks(of: name, desiredStatus: "RUNNING")
            .filter { $0["lastStatus"]?.string == "RUNNING" && $0["healthStatus"]?.string != "UNHEALTHY" }
        part.healthy = running.count
        let desired = service["desiredCount"]?.int ?? 0
        if desired != part.expected {
            part.problem = "its ECS service is set to \(desired) tasks"
        } else if part.healthy < part.expected {
            part.problem = try await self.deployer.reason(name) ?? "tasks are missing"
        } else if component != .redis, self.loadBalancer(component) == nil, self.configuration.assignsPublicIP,
            let known = outputs[ECSOutput.url(component)]
        {
            // Its task was replaced. Who was told the address of before reaches nothing.
            let now = try await self.addresses.publicAddress(name).map { "http://\($0):\(component.port)" }
            if let now, now != known {
                part.problem =
                    "its address was \(known) and is \(now) since its task was replaced; a load balancer would have kept it"
            }
        }
        return part
    }
}

import PushaasProvisioning

/// Outputs that only this provider's own steps read.
enum DockerOutput {
    /// The instance's network: `172.20.0.0/16`.
    static let subnet = "docker.subnet"
    static let streamPort = "docker.stream_port"
    static let apiPort = "docker.api_port"
}

extension DockerProvider {
    var networkStep: ProvisioningStep {
        ProvisioningStep("network", title: "Make the network") { context in
            let instance = self.instance(context)
            try await self.engine.createNetwork(NetworkCreation(name: instance.network, labels: instance.labels()))
            // Two workers at the same moment could both make one: the older stays.
            let networks = try await instance.networks()
            for network in networks.dropFirst() { try await self.engine.removeNetwork(network.id) }
            guard let network = networks.first else {
                throw ProviderError(
                    .permanent, "a network named \(instance.network) is there already, and is not this instance's")
            }
            let subnets = (network.addresses?.config ?? []).compactMap(\.subnet)
            return [DockerOutput.subnet: subnets.joined(separator: ",")]
        } undo: { context in
            let instance = self.instance(context)
            // A network goes after all that is in it, whatever that is.
            try await instance.removeContainers(nil)
            for network in try await instance.networks() { try await self.engine.removeNetwork(network.id) }
        }
    }

    var volumeStep: ProvisioningStep {
        ProvisioningStep("volume", title: "Make Redis' volume") { context in
            if context.specification.plan.persistence == .persistent { try await self.makeVolume(self.instance(context)) }
            return [:]
        } undo: { context in
            try await self.removeVolumes(self.instance(context))
        }
    }

    func makeVolume(_ instance: InstanceEngine) async throws {
        try await self.engine.createVolume(VolumeCreation(name: instance.volume, labels: instance.labels()))
    }

    func removeVolumes(_ instance: InstanceEngine) async throws {
        for volume in try await instance.volumes() { try await self.engine.removeVolume(volume.name) }
    }
}

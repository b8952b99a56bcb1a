import PushaasProvisioning

/// A container as it is meant to be. What is not told here is the same for all of them.
struct ContainerDefinition: Sendable {
    var name: String
    var component: Component
    var image: String
    var entrypoint: [String]
    var command: [String] = []
    /// Everybody who may ask the Engine can read it, so no secret goes here.
    var environment: [String: String] = [:]
    /// Below ``folder``, by their names. Secrets are here.
    var files: [String: String] = [:]
    /// Names in the instance's network, besides the container's own.
    var aliases: [String] = []
    /// Folders to volumes; an empty name makes one that goes with its container.
    var volumes: [String: String] = [:]
    /// Ports of the container to published ones.
    var ports: [Int: Int] = [:]
    /// A shell command that takes the place of the image's health check.
    var healthCheck: String?
    /// `nil` takes what the image says, else `SIGTERM`.
    var stopSignal: String?
    /// `nil` is no limit.
    var size: Plan.Size?

    /// Where its files are.
    static let folder = "/etc/pushaas"

    /// As the Engine takes them.
    private var variables: [String] { self.environment.map { "\($0.key)=\($0.value)" }.sorted() }

    /// Whether a container that is there has this image and these variables, beside those of the image itself.
    func isMade(as config: ContainerInspection.Config) -> Bool {
        config.image == self.image && Set(config.env ?? []).isSuperset(of: self.variables)
    }

    var archive: TarArchive? {
        guard !self.files.isEmpty else { return nil }
        let folder = String(Self.folder.dropFirst())
        let files = self.files.sorted { $0.key < $1.key }
        return TarArchive(folders: [folder], files: files.map { TarArchive.File(path: "\(folder)/\($0.key)", text: $0.value) })
    }
}

extension Plan.Size {
    var update: ContainerUpdate {
        let bytes = self.memory * 1024 * 1024
        // No swap: a limit of memory is one, and its neighbours' disk stays quiet.
        return ContainerUpdate(nanoCpus: self.cpu * 1_000_000, memory: bytes, memorySwap: bytes)
    }
}

extension ContainerDefinition {
    /// What the Engine is told.
    func creation(labels: [String: String], network: String, configuration: DockerConfiguration) -> ContainerCreation {
        let interval = Int(configuration.healthInterval / .nanoseconds(1))
        let healthcheck = Healthcheck(
            test: self.healthCheck.map { ["CMD-SHELL", $0] }, interval: interval, timeout: max(interval, 5_000_000_000),
            startPeriod: Int(configuration.healthTimeout / .nanoseconds(1)), startInterval: min(interval, 1_000_000_000),
            retries: 3)
        var host = HostConfig()
        // Comes back with the Engine, and after a crash; not after it was stopped.
        host.restartPolicy = .init(name: "unless-stopped")
        host.networkMode = network
        host.capDrop = ["ALL"]
        host.securityOpt = ["no-new-privileges"]
        host.logConfig = .init(type: "json-file", config: ["max-size": "10m", "max-file": "3"])
        if let size = self.size?.update {
            host.nanoCpus = size.nanoCpus
            host.memory = size.memory
            host.memorySwap = size.memorySwap
        }
        host.mounts = self.volumes.sorted { $0.key < $1.key }.map { folder, volume in
            HostConfig.Mount(source: volume.isEmpty ? nil : volume, target: folder)
        }
        host.portBindings = Dictionary(
            uniqueKeysWithValues: self.ports.map { port, published in
                ("\(port)/tcp", [HostConfig.PortBinding(hostIP: configuration.publishAddress, hostPort: String(published))])
            })
        return ContainerCreation(
            image: self.image, entrypoint: self.entrypoint, cmd: self.command,
            env: self.variables, labels: labels,
            exposedPorts: Dictionary(uniqueKeysWithValues: self.ports.keys.map { ("\($0)/tcp", EmptyObject()) }),
            healthcheck: healthcheck, stopSignal: self.stopSignal, stopTimeout: Int(configuration.stopTimeout.components.seconds),
            hostConfig: host, networkingConfig: NetworkingConfig(endpointsConfig: [network: .init(aliases: self.aliases)]))
    }
}

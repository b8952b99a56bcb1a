/// The body of `POST /containers/create`, as far as it is used.
struct ContainerCreation: Codable, Sendable {
    var image: String
    var entrypoint: [String]?
    var cmd: [String]?
    var user: String?
    var env: [String] = []
    var labels: [String: String]
    var exposedPorts: [String: EmptyObject]?
    var healthcheck: Healthcheck?
    var stopSignal: String?
    /// Seconds.
    var stopTimeout: Int
    var hostConfig: HostConfig
    var networkingConfig: NetworkingConfig?
}

struct EmptyObject: Codable, Sendable, Hashable {}

struct Healthcheck: Codable, Sendable, Hashable {
    /// `nil` takes the image's.
    var test: [String]?
    /// Nanoseconds, as all of these.
    var interval: Int
    var timeout: Int
    var startPeriod: Int
    /// Within the start period; Engines before 25 don't know it and use `interval`.
    var startInterval: Int
    var retries: Int
}

struct HostConfig: Codable, Sendable {
    struct RestartPolicy: Codable, Sendable {
        var name: String
    }

    struct Mount: Codable, Sendable, Hashable {
        var type = "volume"
        /// The volume's name; `nil` makes one without a name, which goes with its container.
        var source: String?
        var target: String
    }

    struct PortBinding: Codable, Sendable, Hashable {
        enum CodingKeys: String, CodingKey {
            case hostIP = "hostIp"
            case hostPort
        }

        var hostIP: String
        var hostPort: String
    }

    struct LogConfig: Codable, Sendable {
        var type: String
        var config: [String: String]
    }

    /// Billionths of a processor.
    var nanoCpus: Int?
    /// Bytes.
    var memory: Int?
    /// Bytes, memory and swap together.
    var memorySwap: Int?
    var restartPolicy: RestartPolicy?
    var mounts: [Mount]?
    var portBindings: [String: [PortBinding]]?
    var capDrop: [String]?
    var securityOpt: [String]?
    var logConfig: LogConfig?
    var networkMode: String?
}

struct NetworkingConfig: Codable, Sendable {
    struct Endpoint: Codable, Sendable {
        var aliases: [String]
    }

    var endpointsConfig: [String: Endpoint]
}

/// The body of `POST /containers/{id}/update`.
struct ContainerUpdate: Codable, Sendable, Hashable {
    var nanoCpus: Int
    var memory: Int
    var memorySwap: Int
}

/// The body of `POST /networks/create`.
struct NetworkCreation: Codable, Sendable {
    var name: String
    var driver = "bridge"
    /// The Engine would take one name twice otherwise.
    var checkDuplicate = true
    var labels: [String: String]
}

/// The body of `POST /volumes/create`, which succeeds if there is one of that name.
struct VolumeCreation: Codable, Sendable {
    var name: String
    var labels: [String: String]
}

/// The body of `POST /containers/{id}/exec`.
struct ExecCreation: Codable, Sendable {
    var cmd: [String]
    var attachStdout = false
    var attachStderr = false
}

/// The body of `POST /exec/{id}/start`.
struct ExecStart: Codable, Sendable {
    var detach = true
}

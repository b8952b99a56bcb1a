/// What `GET /version` tells, as far as it is used.
struct EngineVersion: Decodable, Sendable {
    enum CodingKeys: String, CodingKey {
        case apiVersion
        case minimumAPIVersion = "minAPIVersion"
    }

    var apiVersion: String
    var minimumAPIVersion: String?
}

/// How the Engine tells what is wrong.
struct EngineMessage: Decodable, Sendable {
    var message: String
}

/// What was just made: `{"Id": "..."}`.
struct EngineIdentifier: Decodable, Sendable {
    var id: String
}

/// One container as `GET /containers/{id}/json` tells it.
struct ContainerInspection: Decodable, Sendable {
    struct State: Decodable, Sendable {
        struct Health: Decodable, Sendable {
            /// `starting`, `healthy`, `unhealthy` or `none`.
            var status: String
        }

        /// `created`, `running`, `restarting`, `exited`, `paused`, `dead`, `removing`.
        var status: String
        var exitCode: Int
        /// `0001-01-01T00:00:00Z` for a container that never ran. Of two such texts the later time is the greater.
        var startedAt: String
        var health: Health?
    }

    struct Config: Decodable, Sendable {
        /// As it was given when the container was made.
        var image: String?
        /// `NAME=value`, those of the image among them.
        var env: [String]?
        var labels: [String: String]?
    }

    struct Mount: Decodable, Sendable {
        var name: String?
        var destination: String
    }

    var id: String
    var state: State
    var restartCount: Int
    var config: Config
    var hostConfig: HostConfig
    var mounts: [Mount]?

    var hasRun: Bool { !self.state.startedAt.hasPrefix("0001-") }

    /// The published port of a container's port such as `8080/tcp`, as it was asked for.
    func hostPort(of port: String) -> Int? {
        self.hostConfig.portBindings?[port]?.first.flatMap { Int($0.hostPort) }
    }
}

/// One container as `GET /containers/json` lists it.
struct ContainerSummary: Decodable, Sendable {
    struct Port: Decodable, Sendable {
        var publicPort: Int?
    }

    var id: String
    /// Each with a slash before it.
    var names: [String]
    var labels: [String: String]?
    /// As in an inspection.
    var state: String
    /// For people, and where the list tells the health: `Up 3 minutes (healthy)`.
    var status: String
    var ports: [Port]?

    var name: String { self.names.first.map { String($0.drop { $0 == "/" }) } ?? self.id }

    /// Runs, and is not known to be ill.
    var isHealthy: Bool {
        self.state == "running" && !self.status.contains("(unhealthy)") && !self.status.contains("(health: starting)")
    }
}

struct NetworkSummary: Decodable, Sendable {
    enum CodingKeys: String, CodingKey {
        case id, name, created, labels
        case addresses = "iPAM"
    }

    struct Addresses: Decodable, Sendable {
        struct Configuration: Decodable, Sendable {
            var subnet: String?
        }

        var config: [Configuration]?
    }

    var id: String
    var name: String
    var created: String
    var labels: [String: String]?
    var addresses: Addresses?
}

struct VolumeList: Decodable, Sendable {
    struct Volume: Decodable, Sendable {
        var name: String
        var labels: [String: String]?
    }

    var volumes: [Volume]?
}

/// What `GET /exec/{id}/json` tells.
struct ExecInspection: Decodable, Sendable {
    var running: Bool
    var exitCode: Int?
}

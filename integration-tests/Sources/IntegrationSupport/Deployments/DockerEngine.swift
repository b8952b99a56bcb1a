import Foundation
import PushTestSupport

/// The Docker Engine of this machine, and the images that `make images` has made on it.
///
/// `PUSHAAS_TEST_DOCKER_HOST` names another socket, `PUSHAAS_TEST_IMAGE_PREFIX` what stands before the images' names, and
/// `PUSHAAS_TEST_IMAGE_TAG` their tag.
public struct DockerEngine: Sendable {
    public static let shared = DockerEngine()

    /// As pushaas' configuration has it.
    private let host: String
    /// By the end of pushaas' key.
    private let images: [String: String]

    private init() {
        let environment = ProcessInfo.processInfo.environment
        self.host = environment["PUSHAAS_TEST_DOCKER_HOST"] ?? "unix:///var/run/docker.sock"
        let prefix = environment["PUSHAAS_TEST_IMAGE_PREFIX"] ?? ""
        let tag = environment["PUSHAAS_TEST_IMAGE_TAG"] ?? "local"
        self.images = [
            "PUSH_REDIS": "push-redis", "PUSH_STREAM": "push-stream", "PUSH_AGENT": "push-agent", "PUSH_API": "push-api",
            "BALANCER": "push-balancer",
        ].mapValues { "\(prefix)\($0):\(tag)" }
    }

    /// Whether it answers and has the images. The ports of instances are published on its machine, which has to be this one.
    public func isAvailable() async -> Bool {
        guard self.host.hasPrefix("unix:///") else { return false }
        for image in self.images.values {
            guard let response = try? await self.send("GET", "/images/\(image)/json"), response.status == 200 else {
                return false
            }
        }
        return true
    }

    /// The path of its socket.
    public var socket: String { String(self.host.dropFirst("unix://".count)) }

    /// What makes pushaas use it.
    ///
    /// - Parameter installation: The label that tells what a test has made; no other test may have it.
    public func settings(installation: String) -> [String: String] {
        var settings = [
            "PUSHAAS_PROVISIONER__PROVIDER": "docker", "PUSHAAS_PROVISIONER__INSTALLATION": installation,
            "PUSHAAS_PROVISIONER__DOCKER__HOST": self.host, "PUSHAAS_PROVISIONER__DOCKER__HEALTH_INTERVAL": "500ms",
        ]
        for (key, image) in self.images { settings["PUSHAAS_PROVISIONER__DOCKER__IMAGE_\(key)"] = image }
        return settings
    }

    /// Something that the Engine keeps.
    public struct Resource: Sendable, Hashable, CustomStringConvertible {
        /// `containers`, `networks` or `volumes`, as in the Engine's paths.
        public let kind: String
        /// What the Engine finds it by.
        public let identifier: String
        public let name: String

        public var description: String { "\(self.kind)/\(self.name)" }
    }

    /// All that has an installation's label, in the order in which it can be removed.
    public func resources(installation: String) async throws -> [Resource] {
        struct Item: Decodable {
            enum CodingKeys: String, CodingKey {
                case id = "Id"
                case name = "Name"
                case names = "Names"
            }

            let id: String?
            let name: String?
            /// Of a container, each with a slash before it.
            let names: [String]?

            func resource(_ kind: String) -> Resource {
                let name = self.name ?? self.names?.first.map { String($0.dropFirst()) } ?? ""
                return Resource(kind: kind, identifier: self.id ?? name, name: name)
            }
        }
        struct Volumes: Decodable {
            enum CodingKeys: String, CodingKey {
                case items = "Volumes"
            }

            let items: [Item]?
        }
        // {"label":["pushaas.installation=..."]}
        let filter = "filters=%7B%22label%22%3A%5B%22pushaas.installation%3D\(installation)%22%5D%7D"
        let containers: [Item] = try await self.list("/containers/json?all=1&\(filter)")
        let networks: [Item] = try await self.list("/networks?\(filter)")
        let volumes: Volumes = try await self.list("/volumes?\(filter)")
        return containers.map { $0.resource("containers") } + networks.map { $0.resource("networks") }
            + (volumes.items ?? []).map { $0.resource("volumes") }
    }

    /// Removes all that has the label: nothing may work on that any more.
    public func removeAll(installation: String) async throws {
        for resource in try await self.resources(installation: installation) {
            let query = resource.kind == "containers" ? "?force=1&v=1" : ""
            let response = try await self.send("DELETE", "/\(resource.kind)/\(resource.identifier)\(query)")
            guard [200, 204, 404].contains(response.status) else {
                throw HTTPError.status(response.status, body: response.text)
            }
        }
    }

    private func list<Answer: Decodable>(_ path: String) async throws -> Answer {
        let response = try await self.send("GET", path)
        guard response.status == 200 else { throw HTTPError.status(response.status, body: response.text) }
        return try response.json()
    }

    private func send(_ method: String, _ path: String) async throws -> HTTPResponse {
        let connection = try await HTTPConnection(to: .unixSocket(self.socket))
        defer { connection.close() }
        return try await connection.response(to: HTTPRequest(method, path), within: .seconds(120))
    }
}

extension RunningPushaas {
    /// Starts pushaas with instances that are containers, and removes whatever is left of them when `body` has ended.
    ///
    /// - Parameter body: Is given the installation's name, too.
    public static func run<Result>(
        on engine: DockerEngine, environment: [String: String] = [:], isolation: isolated (any Actor)? = #isolation,
        _ body: (RunningPushaas, _ installation: String) async throws -> Result
    ) async throws -> Result {
        let installation = "test-\(UInt64.random(in: 0 ... .max))"
        let settings = engine.settings(installation: installation).merging(environment) { $1 }
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await self.run(environment: settings) { try await body($0, installation) })
        } catch {
            result = .failure(error)
        }
        // pushaas has ended and makes nothing more. In a task of its own, because a test that takes too long is cancelled.
        try await Task.detached { try await engine.removeAll(installation: installation) }.value
        return try result.get()
    }
}

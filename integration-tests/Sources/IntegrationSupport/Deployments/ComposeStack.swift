import Foundation
import PushTestSupport

/// A stack of one of the repository's Compose files, with a project name, passwords and ports of its own, on the Docker Engine of this machine.
public struct ComposeStack: Sendable {
    public let project: String
    public let api: Endpoint
    public let stream: Endpoint
    /// The articles that update live; only docker-compose.yml has them.
    public let articles: Endpoint
    /// The page that shows every transport; only docker-compose.yml has it.
    public let demo: Endpoint
    public let credentials: Credentials
    private let environment: [String: String]

    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    /// Starts a stack by `scripts/compose up`, which waits for health, and takes all of it away after the body.
    ///
    /// What its containers logged is kept in the folder `compose-logs` beside the release binaries; the last lines go into the error.
    ///
    /// - Parameters:
    ///   - file: From the repository's root.
    ///   - arguments: Further ones of `up`: `--scale push-api=2`.
    ///   - profiles: Of the file, which are started too.
    ///   - more: Further settings of `.env`.
    public static func with(
        _ file: String, arguments: [String] = [], profiles: String = "", more: [String] = [],
        isolation: isolated (any Actor)? = #isolation,
        _ body: (ComposeStack) async throws -> Void
    ) async throws {
        let folder = try TemporaryDirectory()
        let (api, stream) = (try ServicePort.allocate(), try ServicePort.allocate())
        let (articles, demo) = (try ServicePort.allocate(), try ServicePort.allocate())
        let secret = { (0..<16).map { _ in String("abcdef0123456789".randomElement() ?? "a") }.joined() }
        let credentials = Credentials(user: "publisher", password: secret())
        let settings = [
            "PUSH_REDIS_PASSWORD=\(secret())", "PUSH_API_USER=\(credentials.user)", "PUSH_API_PASSWORD=\(credentials.password)",
            "PUSHAAS_PASSWORD=\(secret())", "PUSHAAS_REDIS_PASSWORD=\(secret())", "PUSH_API_PORT=\(api)",
            "PUSH_STREAM_PORT=\(stream)", "PUSH_SERVICE_DEMO_PORT=\(articles)", "PUSH_STREAM_DEMO_PORT=\(demo)",
            "PUSH_STREAM_URL=http://localhost:\(stream)", "HEALTH_INTERVAL=1s", "STATS_INTERVAL=1s",
            // No more than a machine that limits them gives.
            "OPEN_FILES=10000",
        ]
        try Data(((settings + more).joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: folder.file("env")))
        let project = "push-test-\(UInt32.random(in: 0 ... .max))"
        let stack = ComposeStack(
            project: project, api: .port(api), stream: .port(stream), articles: .port(articles), demo: .port(demo),
            credentials: credentials,
            environment: [
                "COMPOSE_FILE": file, "COMPOSE_PROJECT_NAME": project, "COMPOSE_ENV_FILE": folder.file("env"),
                "COMPOSE_PROFILES": profiles,
            ])
        var failure: (any Error)?
        do {
            try await stack.compose(["up"] + arguments, within: .seconds(300))
            try await body(stack)
        } catch {
            failure = error
        }
        let logs = try? await stack.keepLogs(of: file)
        do {
            try await stack.compose(["down", "--volumes", "--timeout", "10"])
        } catch {
            // What came first says more.
            failure = failure ?? error
        }
        if let failure { throw Failure(description: "\(failure)\n\(logs ?? "")") }
    }

    /// Runs a command of Compose.
    ///
    /// - Returns: What it printed.
    @discardableResult
    public func compose(_ arguments: [String], within limit: Duration = .seconds(180)) async throws -> String {
        try await Self.run("\(Repository.root)/scripts/compose", arguments, self.environment, within: limit)
    }

    /// Runs the Docker client.
    @discardableResult
    public func docker(_ arguments: String...) async throws -> String {
        try await Self.run("docker", arguments, [:], within: .seconds(120))
    }

    /// The names of the services, as the file has them.
    public func services() async throws -> [String] {
        try await self.compose(["config", "--services"]).split(separator: "\n").map(String.init).sorted()
    }

    /// The container of a service.
    public func container(_ service: String) async throws -> String {
        let identifiers = try await self.compose(["ps", "--quiet", service]).split(separator: "\n")
        guard let first = identifiers.first else { throw Failure(description: "\(service) has no container") }
        return String(first)
    }

    /// Waits until a service's container says that it is well.
    public func awaitHealth(of service: String) async throws {
        let container = try await self.container(service)
        try await eventually(within: .seconds(120), every: .milliseconds(200), "\(service) is healthy") {
            try await self.docker("inspect", "--format", "{{.State.Health.Status}}", container) == "healthy"
        }
    }

    /// Containers, networks and volumes of the project.
    public func resources() async throws -> [String] {
        let label = "label=com.docker.compose.project=\(self.project)"
        var found: [String] = []
        found += try await self.docker("ps", "--all", "--quiet", "--filter", label).split(separator: "\n").map {
            "container \($0)"
        }
        for kind in ["network", "volume"] {
            found += try await self.docker(kind, "ls", "--quiet", "--filter", label).split(separator: "\n").map {
                "\(kind) \($0)"
            }
        }
        return found
    }

    public func publisher() -> Publisher { Publisher(self.api, credentials: self.credentials) }

    /// - Returns: The last lines.
    private func keepLogs(of file: String) async throws -> String {
        let text = try await self.compose(["logs", "--no-color"])
        let folder = URL(filePath: Repository.binaries).deletingLastPathComponent().appending(path: "compose-logs")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = folder.appending(path: "\(file.replacing("/", with: "-")).log")
        try Data(text.utf8).write(to: path)
        let lines = text.split(separator: "\n").suffix(60).joined(separator: "\n")
        return "what the containers logged is in \(path.path); the last lines:\n\(lines)"
    }

    private static func run(
        _ program: String, _ arguments: [String], _ environment: [String: String], within limit: Duration
    ) async throws -> String {
        let process = try TestProcess(program, arguments: arguments, environment: environment)
        let status = try await process.finish(within: limit)
        guard status == .exited(0) else {
            throw Failure(description: "\(program) \(arguments.joined(separator: " ")): \(status)\n\(process.text)")
        }
        return process.lines.filter { $0.stream == .standardOutput }.map(\.text).joined(separator: "\n")
    }
}

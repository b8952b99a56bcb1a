import Foundation
import PushTestSupport
import Synchronization

/// The two ways in which a Push Service is deployed here.
public enum DeploymentKind: String, Sendable, CaseIterable, CustomStringConvertible {
    /// redis-server, push-stream, push-agent and push-api, each a process.
    case fourProcesses = "four processes"
    /// push-service.
    case singleBinary = "single binary"

    public var description: String { self.rawValue }
}

/// A process of a deployment.
public enum Component: String, Sendable, CaseIterable, CustomStringConvertible {
    case redis = "redis-server"
    case pushStream = "push-stream"
    case pushAgent = "push-agent"
    case pushAPI = "push-api"
    case pushService = "push-service"

    public var description: String { self.rawValue }
}

/// How a component is started and how one knows that it serves.
struct Launcher: Sendable {
    let component: Component
    let start: @Sendable () throws -> TestProcess
    let isReady: @Sendable () async throws -> Bool
}

/// A running Push Service.
public final class Deployment: Sendable {
    public let kind: DeploymentKind
    /// push-api.
    public let api: Endpoint
    /// push-stream's port for subscribers.
    public let stream: Endpoint
    /// push-stream's private listener: publisher and statistics.
    public let control: Endpoint
    public let redis: Endpoint
    public let credentials: Credentials
    /// push-agent's metrics; `nil` where push-api shows them with its own.
    public let agent: Endpoint?
    /// What the agent calls itself; `nil` when it was not told.
    public let agentName: String?
    private let launchers: [Launcher]
    private let processes = Mutex<[Component: TestProcess]>([:])
    private let directory: TemporaryDirectory

    init(
        kind: DeploymentKind, api: Endpoint, stream: Endpoint, control: Endpoint, redis: Endpoint, agent: Endpoint?,
        credentials: Credentials,
        agentName: String?, launchers: [Launcher], directory: TemporaryDirectory
    ) {
        self.kind = kind
        self.api = api
        self.stream = stream
        self.control = control
        self.redis = redis
        self.agent = agent
        self.credentials = credentials
        self.agentName = agentName
        self.launchers = launchers
        self.directory = directory
    }

    // MARK: Processes

    /// Starts what does not run and waits until it serves.
    public func start() async throws {
        for launcher in self.launchers
        where self.process(launcher.component)?.status != nil || self.process(launcher.component) == nil {
            try self.launch(launcher)
        }
        for launcher in self.launchers { try await self.awaitReady(launcher) }
    }

    /// Ends a component at once, as a crash would, and waits until it is gone.
    public func kill(_ component: Component) async throws {
        guard let process = self.process(component) else { return }
        process.signal(SIGKILL)
        try await process.exit()
    }

    /// Asks a component to end and waits until it is gone.
    @discardableResult
    public func terminate(_ component: Component, signal: Int32 = SIGTERM) async throws -> ExitStatus? {
        guard let process = self.process(component) else { return nil }
        process.signal(signal)
        return try await process.exit(within: .seconds(120))
    }

    public func process(_ component: Component) -> TestProcess? {
        self.processes.withLock { $0[component] }
    }

    /// All processes, children included, by name.
    public func processIDs() throws -> [String: Int32] {
        var all: [String: Int32] = [:]
        for (component, process) in self.processes.withLock({ $0 }) {
            guard process.status == nil else { throw Died(component: component, status: process.status) }
            all[component.rawValue] = process.pid
            for child in ProcessTable.descendants(of: process.pid) where ProcessTable.isRunning(child) {
                let program = ProcessTable.command(of: child).prefix { $0 != " " }.split(separator: "/").last ?? "child"
                all["\(component.rawValue)'s \(program)"] = child
            }
        }
        return all
    }

    public struct Died: Error, CustomStringConvertible {
        public let component: Component
        public let status: ExitStatus?
        public var description: String { "\(self.component) died: \(self.status.map { "\($0)" } ?? "")" }
    }

    /// Resident memory of each process in bytes, by name.
    public func residentMemory() throws -> [String: Int] {
        try self.processIDs().mapValues { try ProcessTable.residentMemory(of: $0) }
    }

    private func launch(_ launcher: Launcher) throws {
        let process = try launcher.start()
        let former = self.processes.withLock { $0.updateValue(process, forKey: launcher.component) }
        if let former { RunningProcesses.shared.remove(former) }
        RunningProcesses.shared.add(launcher.component.rawValue, process)
    }

    private func awaitReady(_ launcher: Launcher) async throws {
        try await eventually(within: .seconds(120), "\(launcher.component) serves") {
            if let process = self.process(launcher.component), let status = process.status {
                throw Died(component: launcher.component, status: status)
            }
            return (try? await launcher.isReady()) == true
        }
    }

    func stop() async {
        for process in self.processes.withLock({ $0 }).values { await end(process) }
    }
}

/// Runs `body` with a Push Service of which nothing is left afterwards.
public func withDeployment<Result>(
    _ kind: DeploymentKind, options: DeploymentOptions = DeploymentOptions(), isolation: isolated (any Actor)? = #isolation,
    _ body: (Deployment) async throws -> Result
) async throws -> Result {
    let deployment = try kind == .fourProcesses ? Deployment.fourProcesses(options) : Deployment.singleBinary(options)
    do {
        try await deployment.start()
        let result = try await body(deployment)
        await deployment.stop()
        return result
    } catch {
        let logs = RunningProcesses.shared.logTails()
        await deployment.stop()
        throw FailureWithLogs(cause: error, logs: logs)
    }
}

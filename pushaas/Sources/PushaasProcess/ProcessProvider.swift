import FoundationEssentials
import Glibc
import Logging
import PushSystem
import PushaasCurl
import PushaasProvisioning

/// Runs each instance as one `push-service` on this machine: for development, where there is no Docker Engine.
///
/// The numbers of tasks and the sizes of a plan do not apply; its limits do. Instances outlive pushaas. What belongs to one is found by its
/// folder and by its process' command line.
public struct ProcessProvider: Provider {
    public let name = "process"
    let configuration: ProcessConfiguration
    let installation: String
    let curl: CurlClient
    let logger: Logger

    public init(configuration: ProcessConfiguration, installation: String, curl: CurlClient, logger: Logger) {
        self.configuration = configuration
        self.installation = installation
        self.curl = curl
        self.logger = logger
    }

    private enum Output {
        static let apiPort = "process.api_port"
        static let streamPort = "process.stream_port"
    }

    public func check() async throws {
        guard FileManager.default.isExecutableFile(atPath: self.configuration.program) else {
            throw ProviderError(.permanent, "there is no program '\(self.configuration.program)': build push-service first")
        }
        do {
            try FileManager.default.createDirectory(
                atPath: self.configuration.directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw ProviderError(
                .permanent,
                "the folder \(self.configuration.directory) cannot be made: \(FileFailure.reason(of: error)) (provisioner.process.data_dir)"
            )
        }
    }

    public func creationSteps(for plan: Plan) throws(ProviderError) -> [ProvisioningStep] {
        [
            ProvisioningStep("folder", title: "Make a folder and choose ports", timeout: .seconds(10)) { context in
                try await self.prepare(context)
            } undo: { context in
                try self.folder(context.specification).remove()
            },
            ProvisioningStep("push-service", title: "Start push-service", timeout: .seconds(60)) { context in
                try await self.start(context)
            } undo: { context in
                try await self.stop(self.folder(context.specification))
            },
        ]
    }

    public func resizeSteps(from plan: Plan, to target: Plan) throws(ProviderError) -> [ProvisioningStep] {
        // Subscribers are sent away over some seconds and come back; what is published meanwhile waits in Redis.
        [
            ProvisioningStep("restart", title: "Restart push-service with the plan's limits", timeout: .seconds(120)) { context in
                try await self.start(context)
            } undo: { context in
                _ = try await self.start(context)
            }
        ]
    }

    public func inspect(_ specification: InstanceSpecification, outputs: StepOutputs) async throws -> [PartState] {
        let processes = self.processes(self.folder(specification))
        var problem: String?
        if processes.isEmpty {
            problem = "the process has ended; its log is \(self.folder(specification).log)"
        } else if let url = outputs[WellKnownOutput.apiManagementURL], try await !self.isReady(url, specification) {
            problem = "the process runs but is not ready; its log is \(self.folder(specification).log)"
        }
        return [PartState(part: "push-service", expected: 1, healthy: problem == nil ? 1 : 0, problem: problem)]
    }

    public func resources() async throws -> [Resource] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: self.configuration.directory)) ?? []
        return names.sorted().compactMap { name in
            guard let record = InstanceFolder(path: "\(self.configuration.directory)/\(name)").record,
                record.installation == self.installation
            else { return nil }
            return Resource(kind: "folder", identifier: name, instance: InstanceID(rawValue: record.instance))
        }
    }

    public func remove(_ resource: Resource) async throws {
        let folder = InstanceFolder(path: "\(self.configuration.directory)/\(resource.identifier)")
        guard !resource.identifier.contains("/"), let record = folder.record, record.installation == self.installation else {
            return
        }
        try await self.stop(folder)
        try folder.remove()
    }

    // MARK: Steps

    private func folder(_ specification: InstanceSpecification) -> InstanceFolder {
        InstanceFolder(path: "\(self.configuration.directory)/\(specification.resourceName)")
    }

    private func prepare(_ context: StepContext) async throws -> StepOutputs {
        let specification = context.specification
        try self.folder(specification).create(
            .init(installation: self.installation, instance: specification.id.rawValue, name: specification.name))
        // Kept over repetitions and restarts: applications have the address by then.
        if let api = context.outputs[Output.apiPort], let stream = context.outputs[Output.streamPort] {
            return [Output.apiPort: api, Output.streamPort: stream]
        }
        let ports = try FreePorts.take(2)
        return [Output.apiPort: "\(ports[0])", Output.streamPort: "\(ports[1])"]
    }

    /// Starts the process with the plan's limits, in place of one with others, and waits until it is ready.
    private func start(_ context: StepContext) async throws -> StepOutputs {
        let folder = self.folder(context.specification)
        guard folder.record != nil else {
            throw ProviderError(.permanent, "the folder \(folder.path) is gone: destroy the instance and create it again")
        }
        let apiPort = try context.output(Output.apiPort)
        let streamPort = try context.output(Output.streamPort)
        let variables = self.variables(context.specification, streamPort: streamPort)
        let running = self.processes(folder)
        if !running.allSatisfy({ process in variables.allSatisfy { process.environment[$0.key] == $0.value } }) {
            await context.report("push-service ends: its subscribers are sent away and come back")
            try await self.stop(folder)
        }
        let management = "http://127.0.0.1:\(apiPort)"
        if self.processes(folder).isEmpty {
            try self.launch(folder, apiPort: apiPort, streamPort: streamPort, variables)
        }
        try await self.becomesReady(management, folder, context.specification)
        return [
            WellKnownOutput.apiURL: "http://\(self.configuration.host):\(apiPort)",
            WellKnownOutput.streamURL: "http://\(self.configuration.host):\(streamPort)",
            WellKnownOutput.apiManagementURL: management,
        ]
    }

    private func becomesReady(_ url: String, _ folder: InstanceFolder, _ specification: InstanceSpecification) async throws {
        // Until setsid has become push-service, neither is to be found for a moment.
        var absences = 0
        while try await !self.isReady(url, specification) {
            absences = self.processes(folder).isEmpty ? absences + 1 : 0
            guard absences < 3 else {
                throw ProviderError(.temporary, "push-service ended at once: \(Self.lastLine(folder.log))")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// What the process is told by its environment, where other users do not see it.
    private func variables(_ specification: InstanceSpecification, streamPort: String) -> [String: String] {
        let limits = specification.plan.limits
        return [
            "PUSHSERVICE_API__BASIC_AUTH_USER": specification.secrets.apiUser,
            "PUSHSERVICE_API__BASIC_AUTH_PASSWORD": specification.secrets.apiPassword,
            "PUSHSERVICE_PUSH_STREAM__URL": "http://\(self.configuration.host):\(streamPort)",
            "PUSHSERVICE_LIMITS__MESSAGES_PER_SECOND": "\(limits.messagesPerSecond)",
            "PUSHSERVICE_STREAM__DIRECTIVES":
                "push_stream_subscribers_limit \(limits.subscribers); "
                + "push_stream_history_limit \(limits.historyMessages) \(limits.historySeconds)s;",
        ]
    }

    private func processes(_ folder: InstanceFolder) -> [RunningProcess] {
        RunningProcess.all(with: ["--data-dir", folder.dataDirectory])
    }

    private func launch(
        _ folder: InstanceFolder, apiPort: String, streamPort: String, _ variables: [String: String]
    ) throws(ProviderError) {
        let command = [
            self.configuration.program, "--data-dir", folder.dataDirectory, "--api-port", apiPort, "--stream-port", streamPort,
        ]
        var environment = ProcessInfo.processInfo.environment.filter { ["PATH", "HOME", "LANG", "TMPDIR"].contains($0.key) }
        environment.merge(variables) { $1 }
        try DetachedProcess.start(command, environment: environment, log: folder.log)
        self.logger.info("push-service started", metadata: ["folder": "\(folder.path)"])
    }

    /// Lets push-service drain, and kills it if that takes too long.
    private func stop(_ folder: InstanceFolder) async throws {
        for process in self.processes(folder) { process.send(SIGTERM) }
        let deadline = ContinuousClock.now + .seconds(40)
        while true {
            let left = self.processes(folder)
            guard !left.isEmpty else { return }
            if ContinuousClock.now >= deadline {
                for process in left { process.send(SIGKILL) }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Whether the instance's own push-api answers, and not another server that has the port: only it knows the user.
    private func isReady(_ url: String, _ specification: InstanceSpecification) async throws -> Bool {
        do {
            guard try await self.curl.send(CurlRequest("GET", "\(url)/readyz", timeout: .seconds(4))).status == 200 else {
                return false
            }
            var request = CurlRequest("GET", "\(url)/api/v1/auth", timeout: .seconds(4))
            request.basic = (specification.secrets.apiUser, specification.secrets.apiPassword)
            return try await self.curl.send(request).status == 200
        } catch  where error.reason == .cancelled {
            throw CancellationError()
        } catch {
            return false
        }
    }

    private static func lastLine(_ file: String) -> String {
        let text = FileManager.default.contents(atPath: file).map { String(decoding: $0.suffix(2000), as: UTF8.self) }
        return text?.split(whereSeparator: \.isNewline).last.map(String.init) ?? "it wrote nothing"
    }
}

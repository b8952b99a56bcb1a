import Foundation
import Glibc
import Logging
import PushTestSupport
import PushaasCurl
import PushaasProvisioning
import PushaasTestSupport
import Testing

@testable import PushaasProcess

/// The provider with real processes.
@Suite struct ProcessProviderTests {
    private static let small = Plan(
        name: "small", description: "", streamTasks: 1, apiTasks: 1, stream: .init(cpu: 1, memory: 1),
        agent: .init(cpu: 1, memory: 1), api: .init(cpu: 1, memory: 1), redis: .init(cpu: 1, memory: 1),
        persistence: .ephemeral,
        limits: .init(subscribers: 10, messagesPerSecond: 7, historyMessages: 3, historySeconds: 60))

    private static func specification(_ name: String = "My_Chat") -> InstanceSpecification {
        InstanceSpecification(
            id: .random(), name: name, plan: Self.small,
            secrets: .init(apiUser: "app", apiPassword: "secret", redisPassword: "x"))
    }

    /// `make test` says where it has built the programs; `make build` puts them below the repository's root.
    private static func program() throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardizedFileURL.path
        let given = ProcessInfo.processInfo.environment["PUSH_BINARIES"] ?? ""
        let program = "\(given.isEmpty ? "\(root)/.build/release" : given)/push-service"
        try #require(FileManager.default.isExecutableFile(atPath: program), "\(program) is not there: run make build first")
        return program
    }

    private static func withProvider(_ body: (ProcessProvider, CurlClient) async throws -> Void) async throws {
        let folder = try TemporaryDirectory()
        let curl = CurlClient()
        let provider = ProcessProvider(
            configuration: ProcessConfiguration(program: try Self.program(), directory: folder.path, host: "localhost"),
            installation: "test", curl: curl, logger: Logger(label: "test"))
        do {
            try await body(provider, curl)
        } catch {
            for resource in try await provider.resources() { try await provider.remove(resource) }
            throw error
        }
        for resource in try await provider.resources() { try await provider.remove(resource) }
    }

    /// Runs steps as a worker does.
    private static func run(
        _ steps: [ProvisioningStep], _ specification: InstanceSpecification, _ outputs: inout StepOutputs
    ) async throws {
        for step in steps {
            let context = StepContext(specification: specification, outputs: outputs)
            outputs.merge(try await step.run(context)) { $1 }
        }
    }

    private static func processes(_ provider: ProcessProvider, _ specification: InstanceSpecification) -> [RunningProcess] {
        RunningProcess.all(with: [
            "--data-dir", "\(provider.configuration.directory)/\(specification.resourceName)/data",
        ])
    }

    @Test func anInstanceIsMadeOnceAndTakenAwayWhole() async throws {
        try await Self.withProvider { provider, curl in
            try await provider.check()
            let specification = Self.specification()
            let steps = try provider.creationSteps(for: Self.small)
            var outputs: StepOutputs = [:]
            try await Self.run(steps, specification, &outputs)
            let first = Self.processes(provider, specification)
            #expect(first.count == 1)
            // Each step again, as after a crash.
            let before = outputs
            try await Self.run(steps, specification, &outputs)
            #expect(outputs == before)
            #expect(Self.processes(provider, specification).map(\.id) == first.map(\.id))

            let api = try #require(outputs[WellKnownOutput.apiURL])
            var request = CurlRequest("GET", "\(api)/api/v1/config")
            request.basic = ("app", "secret")
            let answer = try await curl.send(request)
            #expect(answer.status == 200)
            #expect(answer.text.contains(try #require(outputs[WellKnownOutput.streamURL])))
            #expect(try await provider.inspect(specification, outputs: outputs).allSatisfy { $0.healthy == 1 })
            #expect(
                try await provider.resources() == [
                    Resource(kind: "folder", identifier: specification.resourceName, instance: specification.id)
                ])

            let context = StepContext(specification: specification, outputs: outputs)
            for _ in 0..<2 {
                for step in steps.reversed() { try await step.undo(context) }
            }
            #expect(Self.processes(provider, specification).isEmpty)
            #expect(try await provider.resources().isEmpty)
            #expect(try FileManager.default.contentsOfDirectory(atPath: provider.configuration.directory).isEmpty)
        }
    }

    @Test func aPlanChangeRestartsWithItsLimitsAndKeepsTheAddress() async throws {
        try await Self.withProvider { provider, curl in
            var specification = Self.specification()
            var outputs: StepOutputs = [:]
            try await Self.run(try provider.creationSteps(for: Self.small), specification, &outputs)
            let before = outputs
            let first = Self.processes(provider, specification)
            var larger = Self.small
            larger.limits.messagesPerSecond = 9
            specification.plan = larger
            let steps = try provider.resizeSteps(from: Self.small, to: larger)
            try await Self.run(steps, specification, &outputs)
            #expect(outputs == before)
            let second = Self.processes(provider, specification)
            #expect(second.count == 1)
            #expect(second.map(\.id) != first.map(\.id))
            var publish = CurlRequest(
                "POST", "\(try #require(outputs[WellKnownOutput.apiURL]))/api/v1/messages",
                body: Array(#"{"channels":["a"],"content":"x"}"#.utf8))
            publish.basic = ("app", "secret")
            let answer = try await curl.send(publish)
            #expect(answer.status == 204)
            #expect(answer.headers["ratelimit-policy"] == #""messages";q=9;w=1"#)
        }
    }

    @Test func aProcessThatEndedIsReportedAndStartedAgain() async throws {
        try await Self.withProvider { provider, _ in
            let specification = Self.specification()
            let steps = try provider.creationSteps(for: Self.small)
            var outputs: StepOutputs = [:]
            try await Self.run(steps, specification, &outputs)
            for process in Self.processes(provider, specification) { process.send(SIGKILL) }
            try await eventually { Self.processes(provider, specification).isEmpty }
            let state = try await provider.inspect(specification, outputs: outputs)
            #expect(state.map(\.healthy) == [0])
            #expect(state.first?.problem?.contains("push-service.log") == true)
            let before = outputs
            try await Self.run(steps, specification, &outputs)
            #expect(outputs == before)
        }
    }

    @Test func aFolderOfAnotherInstallationIsLeftAlone() async throws {
        try await Self.withProvider { provider, _ in
            let folder = InstanceFolder(path: "\(provider.configuration.directory)/other")
            try folder.create(.init(installation: "other", instance: InstanceID.random().rawValue, name: "a"))
            #expect(try await provider.resources().isEmpty)
            try await provider.remove(Resource(kind: "folder", identifier: "other", instance: nil))
            #expect(folder.record != nil)
            // No name leads out of the folder.
            try await provider.remove(Resource(kind: "folder", identifier: "../other", instance: nil))
        }
    }

    /// With a port of pushaas in its hands, an instance would keep pushaas from being started again.
    @Test func anInstanceInheritsNoSocket() async throws {
        try await Self.withProvider { provider, _ in
            // Without the flag by which the kernel would close it.
            let taken = try OccupiedPort()
            let specification = Self.specification()
            var outputs: StepOutputs = [:]
            try await Self.run(try provider.creationSteps(for: Self.small), specification, &outputs)
            let inode = try taken.link
            let process = try #require(Self.processes(provider, specification).first)
            let folder = "/proc/\(process.id)/fd"
            let links = try FileManager.default.contentsOfDirectory(atPath: folder).compactMap {
                try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
            }
            #expect(!links.isEmpty && !links.contains(inode))
        }
    }

    @Test func anotherServerOnThePortIsNotTakenForTheInstance() async throws {
        try await Self.withProvider { provider, _ in
            let specification = Self.specification()
            // Ready, as every server of the house says, and with other users.
            let other = try await ScriptedServer { request in
                request.target == "/readyz" ? .response(200) : .response(401)
            }
            let context = StepContext(
                specification: specification,
                outputs: ["process.api_port": "\(other.port)", "process.stream_port": "\(try FreePorts.take(1)[0])"])
            let steps = try provider.creationSteps(for: Self.small)
            _ = try await steps[0].run(context)
            let error = await #expect(throws: ProviderError.self) { _ = try await steps[1].run(context) }
            #expect(error?.message.contains("the port is taken") == true)
            #expect(other.requests.contains { $0.target == "/readyz" })
        }
    }

    @Test func aPortThatIsTakenIsSaidInWords() async throws {
        try await Self.withProvider { provider, _ in
            let specification = Self.specification()
            let steps = try provider.creationSteps(for: Self.small)
            let taken = try OccupiedPort()
            let outputs: StepOutputs = [
                "process.api_port": "\(taken.port)", "process.stream_port": "\(try FreePorts.take(1)[0])",
            ]
            let context = StepContext(specification: specification, outputs: outputs)
            _ = try await steps[0].run(context)
            let error = await #expect(throws: ProviderError.self) { _ = try await steps[1].run(context) }
            #expect(error?.kind == .temporary)
            #expect(error?.message.contains("the port is taken") == true)
        }
    }
}

/// A port on which somebody listens already.
private struct OccupiedPort: ~Copyable {
    let port: Int
    private let descriptor: Int32

    init() throws {
        self.descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = self.descriptor
        let listens = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 1) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(listens)
        self.port = Int(UInt16(bigEndian: address.sin_port))
    }

    /// What the kernel calls the socket.
    var link: String {
        get throws { try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(self.descriptor)") }
    }

    deinit { close(self.descriptor) }
}

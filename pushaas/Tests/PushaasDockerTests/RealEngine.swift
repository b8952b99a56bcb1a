import Foundation
import Logging
import PushTestSupport
import PushaasCurl
import PushaasProvisioning
import Synchronization
import Testing

@testable import PushaasDocker

/// A Docker Engine that really runs containers, and the images that `make images` has made on it.
///
/// `PUSHAAS_TEST_DOCKER_HOST` names another Engine than that of this machine, `PUSHAAS_TEST_IMAGE_PREFIX` what stands before the images' names,
/// and `PUSHAAS_TEST_IMAGE_TAG` their tag.
struct RealEngine: Sendable {
    let host: String
    let images: [String: String]

    static let shared = RealEngine()

    private init() {
        let environment = ProcessInfo.processInfo.environment
        self.host = environment["PUSHAAS_TEST_DOCKER_HOST"] ?? "unix:///var/run/docker.sock"
        let prefix = environment["PUSHAAS_TEST_IMAGE_PREFIX"] ?? ""
        let tag = environment["PUSHAAS_TEST_IMAGE_TAG"] ?? "local"
        var images = [
            "push_redis": "push-redis", "push_stream": "push-stream", "push_agent": "push-agent", "push_api": "push-api",
        ]
        .mapValues { "\(prefix)\($0):\(tag)" }
        images["balancer"] = "\(prefix)push-balancer:\(tag)"
        self.images = images
    }

    /// For `.enabled(if:)`: a test that is skipped says why.
    static let reason: Comment = "needs a Docker Engine with the images of `make images`"

    func isAvailable() async -> Bool {
        guard let configuration = try? self.configuration() else { return false }
        let engine = EngineClient(configuration.endpoint, curl: CurlClient(maximumConcurrency: 1))
        for image in self.images.values {
            guard let response = try? await engine.call("GET", "/images/\(image)/json", expecting: [404]), response.status == 200
            else {
                return false
            }
        }
        return true
    }

    /// - Parameter others: In place of what it has.
    func configuration(_ others: [String: String] = [:]) throws -> DockerConfiguration {
        var values = ["host": self.host, "health_interval": "500ms", "health_timeout": "60s", "publish_ports": "30000-32000"]
        for (name, image) in self.images { values["image_\(name)"] = image }
        return try dockerConfiguration(values.merging(others) { $1 })
    }

    /// A provider of the same installation that knows a component's image by its id.
    func providerWithImageByID(_ component: String, _ provider: DockerProvider) async throws -> DockerProvider {
        let image = try #require(self.images[component])
        let response = try await provider.engine.call("GET", "/images/\(image)/json")
        let id = try provider.engine.decode(EngineIdentifier.self, response).id
        return DockerProvider(
            configuration: try self.configuration(["image_\(component)": id]), installation: provider.installation,
            logger: Logger(label: "test"))
    }

    /// Gives `body` an instance of an installation of its own, and removes whatever is left of that afterwards.
    func withInstance(
        _ plan: Plan, _ values: [String: String] = [:],
        _ body: (DockerProvider, InstanceSpecification, StepOutputs) async throws -> Void
    ) async throws {
        let installation = "test-\(InstanceID.random())"
        let provider = DockerProvider(
            configuration: try self.configuration(values), installation: installation, logger: Logger(label: "test"))
        let specification = InstanceSpecification.test(plan)
        do {
            let outputs = try await runSteps(try provider.creationSteps(for: plan), specification)
            try await body(provider, specification, outputs)
        } catch {
            for resource in (try? await provider.resources()) ?? [] { try? await provider.remove(resource) }
            throw error
        }
        for step in try provider.creationSteps(for: plan).reversed() {
            try await step.undo(StepContext(specification: specification, outputs: [:]))
        }
        #expect(try await provider.resources() == [])
    }
}

/// Publishes to an instance and subscribes to it, as applications and browsers do.
struct InstanceClient: Sendable {
    let specification: InstanceSpecification
    let outputs: StepOutputs
    let curl = CurlClient(maximumConcurrency: 8)

    /// - Returns: The status; `nil` if there was no answer.
    func publish(_ content: String, to channel: String) async throws -> Int? {
        let url = try #require(self.outputs[WellKnownOutput.apiURL])
        let body = try JSONSerialization.data(withJSONObject: ["channels": [channel], "content": content])
        var request = CurlRequest("POST", "\(url)/api/v1/messages", body: Array(body), timeout: .seconds(5))
        request.headers = [("Content-Type", "application/json")]
        request.basic = (self.specification.secrets.apiUser, self.specification.secrets.apiPassword)
        return try? await self.curl.send(request).status
    }

    /// Subscribes once, until the stream ends or the task is cancelled.
    ///
    /// - Returns: The status.
    func open(_ channel: String, message: @escaping @Sendable () -> Void) async throws -> Int {
        let url = try #require(self.outputs[WellKnownOutput.streamURL])
        let reader = EventReader { _ in message() }
        var request = CurlRequest("GET", "\(url)/ev/\(channel)", timeout: .seconds(600))
        request.onData = { reader.received($0) }
        return try await self.curl.send(request).status
    }

    /// Subscribes as a browser's EventSource: comes back with the last id when a stream ends. Ends when its task is cancelled.
    func subscribe(to channel: String, event: @escaping @Sendable (String) -> Void) async throws {
        let url = try #require(self.outputs[WellKnownOutput.streamURL])
        let reader = EventReader(event)
        while !Task.isCancelled {
            var request = CurlRequest("GET", "\(url)/ev/\(channel)", timeout: .seconds(600))
            if let id = reader.lastID { request.headers = [("Last-Event-ID", id)] }
            reader.begin()
            request.onData = { reader.received($0) }
            _ = try? await self.curl.send(request)
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Publishes until one more message has come to the subscription.
    func publish(to channel: String, until subscription: Subscription) async throws {
        let before = subscription.messages
        try await eventually(within: .seconds(60), every: .milliseconds(200), "a message") {
            _ = try await self.publish("hello", to: channel)
            return subscription.messages > before
        }
    }
}

/// One stream, which is not opened again when it ends.
final class Subscription: Sendable {
    private let state: State
    private let task: Task<Void, Never>

    private final class State: Sendable {
        let messages = Mutex(0)
        let hasEnded = Mutex(false)
    }

    init(_ client: InstanceClient, channel: String) {
        let state = State()
        self.state = state
        self.task = Task {
            _ = try? await client.open(channel) { state.messages.withLock { $0 += 1 } }
            state.hasEnded.withLock { $0 = true }
        }
    }

    deinit { self.task.cancel() }

    var messages: Int { self.state.messages.withLock { $0 } }
    var hasEnded: Bool { self.state.hasEnded.withLock { $0 } }
}

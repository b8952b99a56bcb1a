import Foundation
import Hummingbird
import HummingbirdTesting
import Metrics
import Synchronization
import Testing

@testable import PushRuntime

private final class Calls: Sendable {
    private let value = Atomic(0)
    var count: Int { value.load(ordering: .relaxed) }
    func add() { value.wrappingAdd(1, ordering: .relaxed) }
}

private func application(_ checks: HealthChecks, registry: PrometheusRegistry = PrometheusRegistry()) -> some ApplicationProtocol
{
    let router = makeHTTPRouter(context: BasicRequestContext.self)
    HealthEndpoints(checks: checks, registry: registry).add(to: router)
    return Application(router: router)
}

@Suite struct HealthTests {
    @Test func aliveWhateverTheDependenciesDo() async throws {
        let checks = HealthChecks([HealthCheck("redis") { throw StartupError("down") }], drainState: DrainState())
        try await application(checks).test(.router) { client in
            try await client.execute(uri: "/healthz", method: .get) { response in
                #expect(response.status == .ok)
                #expect(String(buffer: response.body) == #"{"status":"alive"}"#)
            }
        }
    }

    @Test func readyWhenAllAnswer() async throws {
        let checks = HealthChecks(
            [HealthCheck("redis") {}, HealthCheck("stream") {}], drainState: DrainState(), timeout: .seconds(60))
        try await application(checks).test(.router) { client in
            try await client.execute(uri: "/readyz", method: .get) { response in
                #expect(response.status == .ok)
                #expect(String(buffer: response.body) == #"{"status":"ready"}"#)
            }
        }
    }

    @Test func twoChecksMayHaveOneName() async throws {
        let checks = HealthChecks(
            [HealthCheck("redis") {}, HealthCheck("redis") {}], drainState: DrainState(), timeout: .seconds(60))
        #expect(await checks.problems() == [])
        let renamed = HealthChecks(
            [HealthCheck("redis") { throw StartupError("down") }.named("agent: redis")], drainState: DrainState(),
            timeout: .seconds(60))
        #expect(await renamed.problems().map(\.name) == ["agent: redis"])
    }

    @Test func namesWhatIsNotReady() async throws {
        let checks = HealthChecks(
            [
                HealthCheck("redis") { throw StartupError("connection \"refused\"") }, HealthCheck("fine") {},
                HealthCheck("slow") { try await Task.sleep(for: .seconds(600)) },
            ], drainState: DrainState(), timeout: .seconds(8))
        try await application(checks).test(.router) { client in
            try await client.execute(uri: "/readyz", method: .get) { response in
                #expect(response.status == .serviceUnavailable)
                #expect(
                    String(buffer: response.body)
                        == #"{"status":"not ready","problems":{"redis":"connection \"refused\"","slow":"no answer within 8s"}}"#)
            }
        }
    }

    @Test func unreadyWhileDraining() async throws {
        let drain = DrainState()
        let checks = HealthChecks([], drainState: drain)
        #expect(await checks.problems() == [])
        drain.begin()
        #expect(await checks.problems() == [.init(name: "lifecycle", problem: "shutting down")])
    }

    @Test func floodsDoNotReachTheDependencies() async throws {
        let calls = Calls()
        let checks = HealthChecks([HealthCheck("redis") { calls.add() }], drainState: DrainState(), cacheDuration: .seconds(600))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<200 { group.addTask { _ = await checks.problems() } }
        }
        #expect(calls.count == 1)
    }

    @Test func resultsExpire() async throws {
        let calls = Calls()
        let checks = HealthChecks([HealthCheck("redis") { calls.add() }], drainState: DrainState(), cacheDuration: .zero)
        _ = await checks.problems()
        _ = await checks.problems()
        #expect(calls.count == 2)
    }

    @Test func deafChecksDoNotPileUp() async throws {
        let calls = Calls()
        let (release, continuation) = AsyncStream.makeStream(of: Void.self)
        let checks = HealthChecks(
            [
                HealthCheck("deaf") {
                    calls.add()
                    // Ignores its cancellation, as a blocked call would.
                    await Task.detached { for await _ in release { return } }.value
                }
            ], drainState: DrainState(), timeout: .milliseconds(20), cacheDuration: .zero)
        #expect(await checks.problems().map(\.problem) == ["no answer within 20ms"])
        // On a busy machine it may be begun only now.
        try await withDeadline { while calls.count == 0 { await Task.yield() } }
        for _ in 0..<5 {
            #expect(await checks.problems().map(\.problem) == ["no answer within 20ms"])
        }
        #expect(calls.count == 1)
        continuation.yield()
        continuation.finish()
        try await withDeadline { while await !checks.problems().isEmpty { await Task.yield() } }
    }

    @Test func metricsAreServed() async throws {
        let registry = PrometheusRegistry()
        Counter(label: "x_total", factory: registry).increment()
        try await application(HealthChecks([], drainState: DrainState()), registry: registry).test(.router) { client in
            try await client.execute(uri: "/metrics", method: .get) { response in
                #expect(response.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
                #expect(String(buffer: response.body).contains("x_total 1\n"))
            }
        }
    }
}

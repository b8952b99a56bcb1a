import Foundation
import PushRedis
import PushRuntime
import PushTestSupport
import PushaasProvisioning
import PushaasTestProvider
import Testing

@testable import PushaasServer

/// Workers in processes of their own, killed or halted at every point that they reach.
@Suite struct KillTests {
    /// What a worker is at when it ends.
    enum Scenario: String, Sendable, CaseIterable {
        case create
        case createFails
        case update
        case updateFails
        case destroy
    }

    static func probe(
        _ instances: Instances, _ folder: String, _ arguments: [String] = [], environment: [String: String] = [:]
    ) throws -> TestProcess {
        let directory = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        return try TestProcess(
            directory.appending(path: "PushaasWorkerProbe").path, arguments: [instances.server.url, folder] + arguments,
            environment: environment)
    }

    /// Brings an instance to where the scenario begins, and asks for what it is about.
    private static func begin(_ scenario: Scenario, _ name: String, _ instances: Instances, _ provider: FileProvider) async throws
        -> Instance
    {
        switch scenario {
        case .create, .createFails:
            if scenario == .createFails { try provider.fail("run-push-api", .permanent) }
            return try #require(try await instances.create(name, plan: .medium))
        case .update, .updateFails:
            if scenario == .updateFails { try provider.fail("run-size-push-redis", .permanent) }
            let instance = try await instances.createRunning(name, provider)
            #expect(try await instances.repository.requestPlan(name: name, id: instance.id, plan: .medium) == .accepted)
            return instance
        case .destroy:
            let instance = try await instances.createRunning(name, provider, plan: .medium)
            #expect(try await instances.repository.destroy(name) == .accepted)
            return instance
        }
    }

    /// Waits for the end of the scenario, and looks whether everything is as it should be then.
    private static func expectEnd(
        _ scenario: Scenario, _ instance: Instance, _ instances: Instances, _ provider: FileProvider, _ point: String
    ) async throws {
        switch scenario {
        case .create:
            let end = try await instances.await(instance.name, .running)
            #expect(try provider.parts(of: instance.id) == FileProvider.expectedParts(.medium), "\(point)")
            #expect(end.outputs[WellKnownOutput.apiURL] == "http://\(instance.id).test:8080", "\(point)")
            #expect(end.outputs["push-stream.made"] == "3" && end.failure == nil && end.leftovers == [], "\(point)")
        case .createFails:
            let end = try await instances.await(instance.name, .failed)
            #expect(try provider.parts(of: instance.id) == [:], "\(point)")
            #expect(end.failure == "start push-api failed: there is a file that forbids it", "\(point)")
            #expect(end.leftovers == [] && end.outputs == [:], "\(point)")
        case .update:
            let end = try await instances.await(instance.name, .running)
            #expect(try provider.parts(of: instance.id) == FileProvider.expectedParts(.medium), "\(point)")
            #expect(end.plan == .medium && end.targetPlan == nil && end.failure == nil, "\(point)")
            #expect(end.outputs["push-stream.made"] == "3", "\(point)")
        case .updateFails:
            let end = try await instances.await(instance.name, .running)
            #expect(try provider.parts(of: instance.id) == FileProvider.expectedParts(.small), "\(point)")
            #expect(end.plan == .small && end.targetPlan == nil && end.leftovers == [], "\(point)")
            #expect(
                end.failure == "the change to plan medium failed: size push-redis failed: there is a file that forbids it",
                "\(point)")
        case .destroy:
            try await instances.awaitEnd(of: instance.id)
            #expect(try provider.parts(of: instance.id) == [:], "\(point)")
            let keys = try await instances.allKeys().filter { $0.contains(instance.id.rawValue) && !$0.contains(":lock:") }
            #expect(keys == [instances.keys.log(instance.id)], "\(point)")
        }
    }

    /// The points that a worker reaches in a scenario, in order, each once.
    private static func points(_ scenario: Scenario, _ instances: Instances, _ folder: String) async throws -> [String] {
        let provider = try FileProvider(folder: folder)
        let instance = try await Self.begin(scenario, "rehearsal", instances, provider)
        let process = try Self.probe(instances, folder)
        try await Self.expectEnd(scenario, instance, instances, provider, "rehearsal")
        try await instances.awaitQuiet()
        try await process.terminate(within: .seconds(60))
        try await process.finish(within: .seconds(60))
        var points: [String] = []
        for line in process.lines.map(\.text) where line.hasPrefix("POINT ") {
            let point = String(line.dropFirst(6))
            if !points.contains(point) { points.append(point) }
        }
        return points
    }

    @Test(arguments: Scenario.allCases) func whereverAWorkerIsKilledAnotherOneGoesOn(_ scenario: Scenario) async throws {
        let directory = try TemporaryDirectory()
        try await withInstances { instances in
            let provider = try FileProvider(folder: directory.path)
            let points = try await Self.points(scenario, instances, directory.path)
            // Before and after each write, and in the middle of each step.
            #expect(points.count > 10, "\(points)")
            for (number, point) in points.enumerated() {
                let instance = try await Self.begin(scenario, "\(scenario.rawValue)\(number)", instances, provider)
                let process = try Self.probe(instances, directory.path, ["kill", point])
                #expect(try await process.exit(within: .seconds(120)) == .signalled(SIGKILL), "\(point): \(process.text)")
                try await instances.bury(instance.id)
                try await withWorker(instances, provider) {
                    try await Self.expectEnd(scenario, instance, instances, provider, point)
                    try await instances.awaitQuiet()
                }
            }
        }
    }

    @Test func whateverAHaltedWorkerDoesLaterTheInstanceStaysDestroyed() async throws {
        for scenario in [Scenario.create, .createFails] {
            let directory = try TemporaryDirectory()
            try await withInstances { instances in
                let provider = try FileProvider(folder: directory.path)
                let points = try await Self.points(scenario, instances, directory.path).filter { $0 != "job:create:failed" }
                for (number, point) in points.enumerated() where point != "job:create:done" {
                    let name = "\(scenario.rawValue)\(number)"
                    let instance = try await Self.begin(scenario, name, instances, provider)
                    let process = try Self.probe(instances, directory.path, ["stop", point])
                    try await process.line(containing: "POINT \(point)", within: .seconds(120))
                    try await process.awaitHalt()
                    // The halt is longer than the lock.
                    try await instances.bury(instance.id)
                    #expect(try await instances.repository.destroy(name) == .accepted)
                    try provider.fail("run-push-api", nil)
                    try await withWorker(instances, provider) {
                        try await instances.awaitEnd(of: instance.id)
                        // A new one of that name must not notice anything.
                        _ = try #require(try await instances.create(name, plan: .medium))
                        let successor = try await instances.await(name, .running)
                        process.signal(SIGCONT)
                        // It learns that from its next write; if a write was under way when it was halted, from its failure.
                        try await process.line(within: .seconds(120)) {
                            $0.text.hasPrefix("LOG the lock of an instance was lost")
                                || $0.text.hasPrefix("LOG job was interrupted")
                        }
                        let reconciler = Self.reconciler(instances, provider)
                        let report = try await reconciler.reconcile()
                        #expect(report.unknownCount == 0, "\(point)")
                        #expect(try provider.parts(of: instance.id) == [:], "\(point)")
                        #expect(try await instances.repository.instance(name) == successor, "\(point)")
                        #expect(try provider.parts(of: successor.id) == FileProvider.expectedParts(.medium), "\(point)")
                        let keys = try await instances.allKeys().filter { $0.contains(instance.id.rawValue) }
                        #expect(keys == [instances.keys.log(instance.id)], "\(point)")
                    }
                    try await process.terminate(within: .seconds(60))
                }
            }
        }
    }

    static func reconciler(_ instances: Instances, _ provider: any Provider) -> Reconciler {
        Reconciler(
            redis: instances.redis, keys: instances.keys, provider: provider,
            metrics: ReconcilerMetrics(registry: PrometheusRegistry()), logger: quiet)
    }
}

extension TestProcess {
    /// Waits until the process is halted.
    func awaitHalt() async throws {
        try await eventually(within: .seconds(60), "process \(self.pid) to be halted") {
            let text = try String(contentsOfFile: "/proc/\(self.pid)/stat", encoding: .utf8)
            return text.split(separator: ")").last?.split(separator: " ").first == "T"
        }
    }
}

import Foundation
import PushaasProvisioning

/// A provider whose resources are files in one folder: `<id>.<part>`, with the name of the plan as contents.
///
/// A file `fail-run-<step>` or `fail-undo-<step>` in the folder beside it makes that step fail half way, with the kind of error that the file
/// holds.
public struct FileProvider: Provider {
    public let name = "files"
    let resourceFolder: String
    let faultFolder: String
    /// Called where a test may want to stop the process: `run:network:begin`, `run:network:middle`, `run:network:end`.
    let reached: @Sendable (String) async -> Void

    /// - Parameter folder: an existing folder.
    public init(folder: String, reached: @escaping @Sendable (String) async -> Void = { _ in }) throws {
        self.resourceFolder = folder + "/resources"
        self.faultFolder = folder + "/faults"
        self.reached = reached
        for path in [self.resourceFolder, self.faultFolder] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
    }

    // MARK: What a test looks at and changes

    /// The parts of an instance that there are, each with the plan that it was made for.
    public func parts(of id: InstanceID) throws -> [String: String] {
        var parts: [String: String] = [:]
        for file in try FileManager.default.contentsOfDirectory(atPath: self.resourceFolder) where file.hasPrefix("\(id).") {
            parts[String(file.dropFirst(id.rawValue.count + 1))] = try String(
                contentsOfFile: "\(self.resourceFolder)/\(file)", encoding: .utf8)
        }
        return parts
    }

    /// What there should be of a running instance.
    public static func expectedParts(_ plan: Plan) -> [String: String] {
        var parts = ["network": "any", "push-redis": plan.name, "push-api": "any"]
        for number in 0..<plan.streamTasks { parts["push-stream-\(number)"] = "any" }
        return parts
    }

    public func make(_ part: String, of id: InstanceID, contents: String = "any") throws {
        // Whole or not at all, as a resource of a real provider.
        try Data(contents.utf8).write(to: URL(filePath: "\(self.resourceFolder)/\(id).\(part)"), options: .atomic)
    }

    /// Takes a part away, if it is there.
    public func take(_ part: String, of id: InstanceID) throws {
        let path = "\(self.resourceFolder)/\(id).\(part)"
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            if FileManager.default.fileExists(atPath: path) { throw error }
        }
    }

    /// Lets a step fail from now on, or not any more.
    ///
    /// - Parameter what: `run-push-api`, `undo-network`, `resources`, `remove`.
    public func fail(_ what: String, _ kind: ProviderError.Kind?) throws {
        let path = "\(self.faultFolder)/fail-\(what)"
        if let kind {
            try Data(kind.rawValue.utf8).write(to: URL(filePath: path), options: .atomic)
        } else {
            try? FileManager.default.removeItem(atPath: path)
        }
    }

    private func checkFault(_ what: String) throws {
        guard let text = try? String(contentsOfFile: "\(self.faultFolder)/fail-\(what)", encoding: .utf8),
            let kind = ProviderError.Kind(rawValue: text)
        else { return }
        throw ProviderError(kind, "there is a file that forbids it")
    }

    // MARK: Provider

    public func check() async throws {}

    public func creationSteps(for plan: Plan) throws(ProviderError) -> [ProvisioningStep] {
        guard plan.name != "impossible" else { throw ProviderError(.unsupported, "there is no such plan here") }
        return [
            self.step("network", "Make the network", [(make: "network", contents: { _ in "any" })]),
            self.step("push-redis", "Start push-redis", [(make: "push-redis", contents: { $0.name })]),
            self.step(
                "push-stream", "Start push-stream",
                (0..<plan.streamTasks).map { (make: "push-stream-\($0)", contents: { _ in "any" }) }),
            self.step("push-api", "Start push-api", [(make: "push-api", contents: { _ in "any" })]) { context in
                [
                    WellKnownOutput.apiURL: "http://\(context.specification.id).test:8080",
                    WellKnownOutput.streamURL: "http://\(context.specification.id).test:9080",
                ]
            },
        ]
    }

    private func step(
        _ name: String, _ title: String, _ parts: [(make: String, contents: @Sendable (Plan) -> String)],
        outputs: @escaping @Sendable (StepContext) -> StepOutputs = { _ in [:] }
    ) -> ProvisioningStep {
        ProvisioningStep(name, title: title) { context in
            let id = context.specification.id
            await self.reached("run:\(name):begin")
            for (index, part) in parts.enumerated() {
                try self.make(part.make, of: id, contents: part.contents(context.specification.plan))
                if index == 0 {
                    await self.reached("run:\(name):middle")
                    try self.checkFault("run-\(name)")
                    try Task.checkCancellation()
                }
            }
            await context.report("made \(parts.count) parts")
            await self.reached("run:\(name):end")
            return outputs(context).merging(["\(name).made": String(parts.count)]) { $1 }
        } undo: { context in
            let id = context.specification.id
            await self.reached("undo:\(name):begin")
            try self.checkFault("undo-\(name)")
            for part in try self.parts(of: id).keys.sorted() where part.hasPrefix(name) { try self.take(part, of: id) }
            await self.reached("undo:\(name):end")
        }
    }

    public func resizeSteps(from plan: Plan, to target: Plan) throws(ProviderError) -> [ProvisioningStep] {
        guard target.name != "impossible" else { throw ProviderError(.unsupported, "there is no way to such a plan") }
        return [
            ProvisioningStep("scale-push-stream", title: "Scale push-stream") { context in
                try await self.scale(context, "run")
                return ["push-stream.made": String(context.specification.plan.streamTasks)]
            } undo: { context in
                try await self.scale(context, "undo")
            },
            ProvisioningStep("size-push-redis", title: "Size push-redis") { context in
                try await self.size(context, "run")
                return [:]
            } undo: { context in
                try await self.size(context, "undo")
            },
        ]
    }

    private func scale(_ context: StepContext, _ direction: String) async throws {
        let id = context.specification.id
        await self.reached("\(direction):scale-push-stream:begin")
        for number in 0..<context.specification.plan.streamTasks { try self.make("push-stream-\(number)", of: id) }
        await self.reached("\(direction):scale-push-stream:middle")
        try self.checkFault("\(direction)-scale-push-stream")
        try Task.checkCancellation()
        let wanted = Self.expectedParts(context.specification.plan)
        for part in try self.parts(of: id).keys where part.hasPrefix("push-stream") && wanted[part] == nil {
            try self.take(part, of: id)
        }
        await self.reached("\(direction):scale-push-stream:end")
    }

    private func size(_ context: StepContext, _ direction: String) async throws {
        await self.reached("\(direction):size-push-redis:begin")
        try self.make("push-redis", of: context.specification.id, contents: context.specification.plan.name)
        await self.reached("\(direction):size-push-redis:middle")
        try self.checkFault("\(direction)-size-push-redis")
        await self.reached("\(direction):size-push-redis:end")
    }

    public func inspect(_ specification: InstanceSpecification, outputs: StepOutputs) async throws -> [PartState] {
        try self.checkFault("inspect")
        let parts = try self.parts(of: specification.id)
        let streams = parts.keys.count { $0.hasPrefix("push-stream") }
        return [
            PartState(
                part: "push-redis", expected: 1, healthy: parts["push-redis"] == nil ? 0 : 1,
                problem: parts["push-redis"] == nil ? "its file is not there" : nil),
            PartState(part: "push-stream", expected: specification.plan.streamTasks, healthy: streams),
        ]
    }

    public func resources() async throws -> [Resource] {
        try self.checkFault("resources")
        return try FileManager.default.contentsOfDirectory(atPath: self.resourceFolder).sorted().compactMap { file in
            // Files that are being written have other names.
            guard let dot = file.firstIndex(of: "."), dot > file.startIndex, !file.hasPrefix(".") else { return nil }
            return Resource(kind: "file", identifier: file, instance: InstanceID(rawValue: String(file[..<dot])))
        }
    }

    public func remove(_ resource: Resource) async throws {
        await self.reached("remove:begin")
        try self.checkFault("remove")
        let path = "\(self.resourceFolder)/\(resource.identifier)"
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            if FileManager.default.fileExists(atPath: path) { throw error }
        }
    }
}

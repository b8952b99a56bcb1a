import Logging
import PushaasProvisioning

/// Compares a running instance with its plan.
public struct InstanceInspector: Sendable {
    let repository: InstanceRepository
    let provider: any Provider
    /// How long one inspection may take.
    let timeout: Duration

    public init(repository: InstanceRepository, provider: any Provider, timeout: Duration = .seconds(60)) {
        self.repository = repository
        self.provider = provider
        self.timeout = timeout
    }

    /// Looks what is there, and writes what differs to the instance's record.
    ///
    /// - Returns: what differs, a sentence each; empty if nothing does.
    /// - Throws: `ProviderError` if the provider cannot tell, `RedisError`.
    @discardableResult
    public func inspect(_ instance: Instance) async throws -> [String] {
        let (provider, specification, outputs) = (self.provider, instance.specification(), instance.outputs)
        let parts: [PartState]
        do {
            parts = try await JobControl(drain: DrainSignal()).run(timeout: self.timeout) {
                try await provider.inspect(specification, outputs: outputs)
            }
        } catch let error as StepTimedOut {
            throw ProviderError(.temporary, "the provider did not answer within \(error.after.components.seconds) seconds")
        }
        let drift = parts.compactMap(Self.difference)
        if drift != instance.drift {
            try await self.repository.changeDrift(name: instance.name, id: instance.id, drift: drift)
        }
        return drift
    }

    /// - Returns: `nil` if the part is as it should be.
    static func difference(_ part: PartState) -> String? {
        guard part.healthy != part.expected || part.problem != nil else { return nil }
        let count = "\(part.part): \(part.healthy) of \(part.expected) healthy"
        return part.problem.map { "\(count) (\($0))" } ?? count
    }
}

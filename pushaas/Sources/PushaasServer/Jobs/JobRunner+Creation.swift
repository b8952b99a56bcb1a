import Logging
import PushaasProvisioning

extension JobRunner {
    /// From `pending` to `running`, or to `failed` with nothing left.
    func create(_ instance: Instance) async throws -> JobOutcome {
        let steps: [ProvisioningStep]
        do {
            steps = try self.provider.creationSteps(for: instance.plan)
        } catch {
            // Nothing was begun under these settings; what an earlier pushaas has begun under others is swept up by its tags.
            var state = try await self.begin(
                .create, specification: instance.specification(), generation: .live, status: .pending, outputs: [:], steps: [],
                isSame: { $0.state == .undoing })
            if let wait = self.wait(for: state) { return wait }
            state.job.attempt += 1
            state.job.notBefore = nil
            state.job.failure = error.message
            state.job.state = .undoing
            return try await self.takeBack(&state)
        }
        var state = try await self.begin(
            .create, specification: instance.specification(), generation: .live, status: .pending, outputs: [:], steps: steps,
            isSame: { $0.state == .running || $0.state == .undoing })
        if let wait = self.wait(for: state) { return wait }
        state.job.attempt += 1
        state.job.notBefore = nil
        try await self.write(state)
        if state.job.state == .undoing { return try await self.takeBack(&state) }
        if state.job.attempt == 1 { await self.tell(state, .info, "Creating, plan \(instance.plan.name)") }

        switch try await self.goForward(&state) {
        case .again(let pause):
            self.metrics.ended(.create, .retried)
            return .again(after: pause)
        case .failed(let reason):
            state.job.failure = reason
        case .complete:
            let missing = [WellKnownOutput.apiURL, WellKnownOutput.streamURL].filter { state.outputs[$0] == nil }
            guard missing.isEmpty else {
                state.job.failure = "the provider did not tell \(missing.joined(separator: " and "))"
                break
            }
            return try await self.completeCreation(&state)
        }
        // Written before the first undo: a worker that takes over goes on back, not forward.
        state.job.state = .undoing
        try await self.write(state)
        return try await self.takeBack(&state)
    }

    private func completeCreation(_ state: inout JobState) async throws -> JobOutcome {
        state.job.state = .done
        state.job.finished = RecordCoding.now()
        let outputs = Instance.variables(state.outputs)
        try await self.write(state) { changes in
            changes.set(.record, InstanceField.status, InstanceStatus.running.rawValue)
            changes.remove(.record, InstanceField.failure)
            changes.set(.record, InstanceField.leftovers, "[]")
            changes.set(.record, InstanceField.drift, "[]")
            for (name, value) in outputs { changes.set(.variables, name, value) }
        }
        await self.tell(state, .info, "The instance is up")
        self.logger.info("instance is up")
        self.metrics.ended(.create, .done)
        return .finished
    }

    /// Takes a creation that has failed back, and then says that it has failed.
    private func takeBack(_ state: inout JobState) async throws -> JobOutcome {
        var (leftovers, again) = try await self.goBack(&state) { $0 == .started || $0 == .done }
        if again == nil { again = try await self.sweep(&state, &leftovers).again }
        if let again {
            state.job.notBefore = RecordCoding.now() + Int(again / .milliseconds(1))
            try await self.write(state)
            self.metrics.ended(.create, .retried)
            return .again(after: again)
        }
        let wasFailed = state.status == .failed
        state.job.state = .failed
        state.job.finished = RecordCoding.now()
        let failure = state.job.failure ?? "unknown"
        try await self.write(state) { changes in
            changes.set(.record, InstanceField.status, InstanceStatus.failed.rawValue)
            changes.set(.record, InstanceField.failure, failure)
            changes.set(.record, InstanceField.leftovers, try RecordCoding.encode(leftovers))
        }
        guard !wasFailed else { return .finished }
        await self.tell(
            state, .error,
            leftovers.isEmpty
                ? "The creation has failed, and nothing is left of it"
                : "The creation has failed, and \(leftovers.count) parts are left that will be removed later")
        self.logger.warning("creation has failed", metadata: ["error": "\(failure)", "leftovers": "\(leftovers.count)"])
        self.metrics.ended(.create, .failed)
        return .finished
    }

    /// Removes what is left of a creation that has failed: what could not be undone then, and what a worker that had been cut off made later.
    func cleanUp(_ instance: Instance) async throws -> JobOutcome {
        var steps: [ProvisioningStep] = []
        // Without steps the tags are what tells.
        if let known = try? self.provider.creationSteps(for: instance.plan) { steps = known }
        var state = try await self.begin(
            .create, specification: instance.specification(), generation: .live, status: .failed, outputs: [:], steps: steps,
            isSame: { $0.state == .undoing })
        if let wait = self.wait(for: state) { return wait }
        state.job.state = .undoing
        state.job.notBefore = nil
        state.job.failure = instance.failure
        return try await self.takeBack(&state)
    }
}

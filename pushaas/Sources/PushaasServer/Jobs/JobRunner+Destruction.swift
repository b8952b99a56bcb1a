import Logging
import PushaasProvisioning

extension JobRunner {
    /// From destroyed to gone.
    ///
    /// A worker that had been cut off may make a resource after all was undone: its step is cancelled when it learns that, and no earlier. So
    /// what bears the instance's tags is removed after the undo, and looked for once more when every lock of that time has run out.
    func deprovision(_ destroyed: DestroyedInstance) async throws -> JobOutcome {
        let instance = destroyed.instance
        var state = try await self.begin(
            .destroy, specification: instance.specification(), generation: .destroyed, status: nil, outputs: instance.outputs,
            steps: self.stepsToUndo(instance), isSame: { $0.state == .running || $0.state == .watching })
        if let wait = self.wait(for: state) { return wait }
        state.job.attempt += 1
        state.job.notBefore = nil
        try await self.write(state)
        if state.job.attempt == 1 { await self.tell(state, .info, "Destroying") }

        var (leftovers, again) = try await self.goBack(&state) { $0 != .undone }
        var found = 0
        if again == nil {
            let swept = try await self.sweep(&state, &leftovers)
            (found, again) = (swept.found, swept.again)
        }
        if let again {
            self.metrics.ended(.destroy, .retried)
            return try await self.putOff(&state, for: again)
        }
        if !leftovers.isEmpty { return try await self.keep(&state, leftovers) }
        if state.job.state == .watching, found == 0 {
            try Self.checkForget(try await self.lease.forget())
            await self.checkpoint.reached("forgotten")
            self.logger.info("nothing is left of a destroyed instance")
            self.metrics.ended(.destroy, .done)
            return .finished
        }
        state.job.state = .watching
        return try await self.putOff(&state, for: self.settings.watchTime)
    }

    private static func checkForget(_ outcome: InstanceLease.Outcome) throws {
        switch outcome {
        case .written: return
        case .lost: throw Interrupted(why: .lost)
        case .gone, .changed: throw Interrupted(why: .moved)
        }
    }

    /// All steps that may have made something: of the plan it had, and of the one that it was to get.
    private func stepsToUndo(_ instance: Instance) -> [ProvisioningStep] {
        var steps: [ProvisioningStep] = []
        for plan in [instance.plan, instance.targetPlan].compactMap({ $0 }) {
            // A plan that cannot be had any more: what it made is found by its tags.
            guard let known = try? self.provider.creationSteps(for: plan) else { continue }
            steps += known.filter { step in !steps.contains { $0.name == step.name } }
        }
        return steps
    }

    private func putOff(_ state: inout JobState, for pause: Duration) async throws -> JobOutcome {
        state.job.notBefore = RecordCoding.now() + Int(pause / .milliseconds(1))
        try await self.write(state)
        return .again(after: pause)
    }

    private func keep(_ state: inout JobState, _ leftovers: [Leftover]) async throws -> JobOutcome {
        state.job.state = .failed
        state.job.finished = RecordCoding.now()
        let reasons = leftovers.map { "\($0.step): \($0.reason)" }.joined(separator: "; ")
        let failure = "not everything could be removed (\(reasons)); it is tried again"
        state.job.failure = failure
        try await self.write(state) { changes in
            changes.set(.record, InstanceField.failure, failure)
            changes.set(.record, InstanceField.leftovers, try RecordCoding.encode(leftovers))
        }
        await self.tell(state, .error, failure)
        self.logger.warning("destruction has left something", metadata: ["leftovers": "\(leftovers.count)"])
        self.metrics.ended(.destroy, .failed)
        return .finished
    }

    /// Removes every resource that bears the instance's tags.
    ///
    /// - Parameter leftovers: gets what could not be removed, for good.
    /// - Returns: how many there were, and when to go on if not all could be removed.
    func sweep(_ state: inout JobState, _ leftovers: inout [Leftover]) async throws -> (found: Int, again: Duration?) {
        try self.stopIfDraining()
        let (provider, id) = (self.provider, self.lease.id)
        var failures: [Leftover] = []
        var isFinal = false
        var found = 0
        do {
            let resources = try await self.control.run(timeout: self.settings.sweepTimeout) {
                try await provider.resources().filter { $0.instance == id }
            }
            found = resources.count
            for resource in resources {
                try self.stopIfDraining()
                await self.tell(state, .info, "Remove \(resource.kind) \(resource.identifier)")
                do {
                    try await self.control.run(timeout: self.settings.sweepTimeout) { try await provider.remove(resource) }
                    await self.checkpoint.reached("removed")
                } catch {
                    let failure = try Self.failure(error)
                    isFinal = isFinal || failure.isFinal
                    failures.append(Leftover(step: "\(resource.kind) \(resource.identifier)", reason: failure.reason))
                }
            }
        } catch {
            let failure = try Self.failure(error)
            isFinal = failure.isFinal
            failures.append(Leftover(step: "search for resources", reason: failure.reason))
        }
        guard !failures.isEmpty else { return (found, nil) }
        state.job.sweepFailures += 1
        if !isFinal && state.job.sweepFailures < self.settings.maximumFailures {
            return (found, self.settings.backoff(after: state.job.sweepFailures))
        }
        leftovers += failures
        return (found, nil)
    }
}

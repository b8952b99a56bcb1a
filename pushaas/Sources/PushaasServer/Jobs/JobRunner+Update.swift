import Logging
import PushaasProvisioning

extension JobRunner {
    /// From `updating` to `running`, with the new plan, or with the old one and a failure in words.
    func update(_ instance: Instance) async throws -> JobOutcome {
        guard let target = instance.targetPlan else {
            throw UnreadableRecord(key: self.lease.keys.instance(instance.name), field: InstanceField.targetPlan)
        }
        var steps: [ProvisioningStep] = []
        var refusal: String?
        do {
            steps = try self.provider.resizeSteps(from: instance.plan, to: target)
        } catch {
            refusal = error.message
        }
        var state = try await self.begin(
            .update, specification: instance.specification(for: target), generation: .live, status: .updating,
            outputs: instance.outputs, steps: steps,
            isSame: { ($0.state == .running || $0.state == .undoing) && $0.target == target })
        if let wait = self.wait(for: state) { return wait }
        state.job.target = target
        state.job.attempt += 1
        state.job.notBefore = nil
        if let refusal {
            state.job.failure = refusal
            state.job.state = .undoing
        }
        try await self.write(state)
        if state.job.state == .undoing { return try await self.takeBackUpdate(state, instance) }
        if state.job.attempt == 1 {
            await self.tell(state, .info, "Changing from plan \(instance.plan.name) to \(target.name)")
        }

        switch try await self.goForward(&state) {
        case .again(let pause):
            self.metrics.ended(.update, .retried)
            return .again(after: pause)
        case .failed(let reason):
            state.job.failure = reason
            state.job.state = .undoing
            try await self.write(state)
            return try await self.takeBackUpdate(state, instance)
        case .complete:
            state.job.state = .done
            state.job.finished = RecordCoding.now()
            let outputs = Instance.variables(state.outputs)
            try await self.write(state) { changes in
                changes.set(.record, InstanceField.plan, try RecordCoding.encode(target))
                changes.set(.record, InstanceField.status, InstanceStatus.running.rawValue)
                changes.remove(.record, InstanceField.targetPlan)
                changes.remove(.record, InstanceField.failure)
                changes.set(.record, InstanceField.leftovers, "[]")
                changes.set(.record, InstanceField.drift, "[]")
                for (name, value) in outputs { changes.set(.variables, name, value) }
            }
            await self.tell(state, .info, "The instance has plan \(target.name)")
            self.logger.info("instance has another plan", metadata: ["plan": "\(target.name)"])
            self.metrics.ended(.update, .done)
            return .finished
        }
    }

    /// Brings the instance back to the plan that it had.
    private func takeBackUpdate(_ forward: JobState, _ instance: Instance) async throws -> JobOutcome {
        var state = JobState(
            kind: .update, generation: .live, status: instance.status, specification: instance.specification(),
            initialOutputs: instance.outputs, steps: forward.steps, job: forward.job, records: forward.records)
        let (leftovers, again) = try await self.goBack(&state) { $0 == .started || $0 == .done }
        if let again {
            state.job.notBefore = RecordCoding.now() + Int(again / .milliseconds(1))
            try await self.write(state)
            self.metrics.ended(.update, .retried)
            return .again(after: again)
        }
        state.job.state = .failed
        state.job.finished = RecordCoding.now()
        let failure = "the change to plan \(state.job.target?.name ?? "") failed: \(state.job.failure ?? "unknown")"
        try await self.write(state) { changes in
            changes.set(.record, InstanceField.status, InstanceStatus.running.rawValue)
            changes.remove(.record, InstanceField.targetPlan)
            changes.set(.record, InstanceField.failure, failure)
            changes.set(.record, InstanceField.leftovers, try RecordCoding.encode(leftovers))
        }
        guard instance.status == .updating else { return .finished }
        await self.tell(state, .error, "The change has failed, and the instance has plan \(instance.plan.name) as before")
        self.logger.warning("change of plan has failed", metadata: ["error": "\(failure)", "leftovers": "\(leftovers.count)"])
        self.metrics.ended(.update, .failed)
        return .finished
    }

    /// Takes back what could not be taken back when a change of plan failed.
    func cleanUpUpdate(_ instance: Instance) async throws -> JobOutcome {
        let stored = try await self.progress.stored(self.lease.id)
        guard let job = stored.job, job.kind == .update, let target = job.target,
            let steps = try? self.provider.resizeSteps(from: instance.plan, to: target)
        else { return .finished }
        var state = try await self.begin(
            .update, specification: instance.specification(), generation: .live, status: .running, outputs: instance.outputs,
            steps: steps, isSame: { $0.state == .undoing })
        if let wait = self.wait(for: state) { return wait }
        state.job.target = target
        state.job.state = .undoing
        state.job.notBefore = nil
        state.job.failure = job.failure
        return try await self.takeBackUpdate(state, instance)
    }
}

import Logging
import PushRedis
import PushaasProvisioning

/// How a worker's look at an instance ended.
enum JobOutcome: Sendable, Hashable {
    /// There is nothing more to do.
    case finished
    /// There is, after a while.
    case again(after: Duration)
    /// Somebody else may work on it by now.
    case lost
    /// The record has changed under the worker: look again.
    case moved
}

/// Works towards what the record of one instance wants, under that instance's lock.
struct JobRunner: Sendable {
    let lease: InstanceLease
    let repository: InstanceRepository
    let progress: ProgressRepository
    let provider: any Provider
    let settings: JobSettings
    let control: JobControl
    let metrics: JobMetrics
    let worker: String
    let logger: Logger
    /// Called after each write and around each step: where a test ends the process.
    let checkpoint: JobCheckpoint

    /// Looks at the record and does what is to be done, again and again until there is nothing more at present.
    func run() async throws -> JobOutcome {
        while true {
            let outcome: JobOutcome
            switch try await self.lease.renew() {
            case nil: return .lost
            case .nowhere: return .finished
            case .live:
                guard let instance = try await self.repository.instance(self.lease.name), instance.id == self.lease.id else {
                    continue
                }
                self.control.expect(.live)
                outcome = try await self.attempt { try await self.work(on: instance) }
            case .destroyed:
                guard let instance = try await self.repository.destroyed(self.lease.id) else { return .finished }
                self.control.expect(.destroyed)
                outcome = try await self.attempt { try await self.deprovision(instance) }
            }
            guard outcome == .moved else { return outcome }
        }
    }

    private func attempt(_ body: () async throws -> JobOutcome) async throws -> JobOutcome {
        do {
            return try await body()
        } catch let error as Interrupted {
            switch error.why {
            case .lost: return .lost
            case .moved: return .moved
            // Another worker goes on at once.
            case .drained: return .again(after: .zero)
            }
        }
    }

    private func work(on instance: Instance) async throws -> JobOutcome {
        switch instance.status {
        case .pending: return try await self.create(instance)
        case .failed: return try await self.cleanUp(instance)
        case .updating: return try await self.update(instance)
        case .running: return instance.leftovers.isEmpty ? .finished : try await self.cleanUpUpdate(instance)
        }
    }

    /// Begins a job, or goes on with the one that an earlier worker has begun.
    ///
    /// - Parameter isSame: whether the job that is stored is this one, and not one before it.
    func begin(
        _ kind: JobKind, specification: InstanceSpecification, generation: InstanceLease.Generation, status: InstanceStatus?,
        outputs: StepOutputs, steps: [ProvisioningStep], isSame: (JobRecord) -> Bool
    ) async throws -> JobState {
        let stored = try await self.progress.stored(self.lease.id)
        var records: [String: StepRecord] = [:]
        for step in steps { records[step.name] = stored.steps[StoredProgress.field(step.name, of: kind)] }
        var job = JobRecord(kind: kind, started: RecordCoding.now(), worker: self.worker)
        if let existing = stored.job, existing.kind == kind, isSame(existing) {
            job = existing
        } else {
            // A new job has new patience.
            for name in records.keys {
                records[name]?.attempts = 0
                records[name]?.failures = 0
                records[name]?.undoFailures = 0
            }
        }
        job.worker = self.worker
        job.steps = steps.map { .init(name: $0.name, title: $0.title) }
        return JobState(
            kind: kind, generation: generation, status: status, specification: specification, initialOutputs: outputs,
            steps: steps,
            job: job, records: records)
    }

    /// How long a job that was put off has still to wait; `nil` if its time has come.
    func wait(for state: JobState) -> JobOutcome? {
        guard let due = state.job.notBefore else { return nil }
        // No longer than the longest pause, whatever a clock says.
        let left = min(
            Duration.milliseconds(due - RecordCoding.now()), max(self.settings.maximumBackoff, self.settings.watchTime))
        return left > .zero ? .again(after: left) : nil
    }

    // MARK: Writing

    /// Writes the job, and with it what `others` adds, unless this worker may not any more.
    func write(
        _ state: JobState, _ others: (inout InstanceLease.Changes) throws -> Void = { _ in }
    ) async throws {
        var changes = InstanceLease.Changes()
        changes.set(.progress, StoredProgress.jobField, try RecordCoding.encode(state.job))
        try others(&changes)
        try Self.check(try await self.lease.write(state.generation, status: state.status, changes))
        await self.checkpoint.reached("job:\(state.kind.rawValue):\(state.job.state.rawValue)")
    }

    /// Writes the job and one of its steps.
    func write(_ state: JobState, step: String) async throws {
        guard let record = state.records[step] else { return }
        var changes = InstanceLease.Changes()
        changes.set(.progress, StoredProgress.jobField, try RecordCoding.encode(state.job))
        changes.set(.progress, StoredProgress.field(step, of: state.kind), try RecordCoding.encode(record))
        try Self.check(try await self.lease.write(state.generation, status: state.status, changes))
        await self.checkpoint.reached("step:\(step):\(record.state.rawValue)")
    }

    private static func check(_ outcome: InstanceLease.Outcome) throws {
        switch outcome {
        case .written: return
        case .lost: throw Interrupted(why: .lost)
        case .gone, .changed: throw Interrupted(why: .moved)
        }
    }

    /// Tells people. A line that cannot be written does not stop the job: the next write finds out why.
    func tell(_ state: JobState, _ level: JobLogLine.Level, _ text: String) async {
        do {
            // Twice a sentence: what a step says may quote one.
            let text = text.count <= 2 * Self.maximumSentence ? text : "\(text.prefix(2 * Self.maximumSentence))…"
            try await self.lease.log(state.generation, JobLogLine(time: RecordCoding.now(), level: level, text: text))
        } catch {
            self.logger.debug("line of a job's log is lost", metadata: ["error": "\(error)"])
        }
    }
}

/// Where tests stop a worker: named after what was just written, or is about to be done.
package struct JobCheckpoint: Sendable {
    package let reached: @Sendable (String) async -> Void

    package init(reached: @escaping @Sendable (String) async -> Void) {
        self.reached = reached
    }

    package static let none = JobCheckpoint { _ in }
}

/// What a worker knows of the job that it works on.
struct JobState: Sendable {
    let kind: JobKind
    let generation: InstanceLease.Generation
    /// What the record's status has to be, for a write of this job to count.
    let status: InstanceStatus?
    let specification: InstanceSpecification
    /// What the instance had before the job.
    let initialOutputs: StepOutputs
    let steps: [ProvisioningStep]
    var job: JobRecord
    /// By the step's name.
    var records: [String: StepRecord]

    /// All that is known, the newest last. A destruction knows the steps of the creation, and later changes have told the instance's own.
    var outputs: StepOutputs {
        var outputs = self.kind == .destroy ? [:] : self.initialOutputs
        for step in self.steps {
            if let record = self.records[step.name] { outputs.merge(record.outputs) { $1 } }
        }
        if self.kind == .destroy { outputs.merge(self.initialOutputs) { $1 } }
        return outputs
    }
}

import Logging
import PushaasProvisioning

/// How a way through steps ended, if nothing interrupted it.
enum Passage: Sendable {
    case complete
    /// A temporary failure: go on after a while.
    case again(after: Duration)
    /// No more tries, for this reason.
    case failed(String)
}

extension JobRunner {
    /// Does the steps that are not done, in order.
    ///
    /// - Throws: ``Interrupted``
    func goForward(_ state: inout JobState) async throws -> Passage {
        for step in state.steps where state.records[step.name]?.state != .done {
            try self.stopIfDraining()
            var record = state.records[step.name] ?? StepRecord()
            guard record.attempts < self.settings.maximumAttempts else {
                return .failed("\(Self.phrase(step)): it was begun \(record.attempts) times and never ended")
            }
            // Written ahead: whatever happens from here on, somebody knows that this step has to be undone.
            record.state = .started
            record.started = RecordCoding.now()
            record.finished = nil
            record.attempts += 1
            state.records[step.name] = record
            try await self.write(state, step: step.name)
            do {
                let outputs = try await self.run(step, state)
                record.state = .done
                record.outputs = outputs
                record.error = nil
                record.finished = RecordCoding.now()
                state.records[step.name] = record
                try await self.write(state, step: step.name)
            } catch let error as StepFailure {
                record.error = error.reason
                record.failures += 1
                state.records[step.name] = record
                let isOver =
                    error.isFinal || record.failures >= self.settings.maximumFailures || self.isPastWindow(state.job)
                let pause = self.settings.backoff(after: record.failures)
                if !isOver { state.job.notBefore = RecordCoding.now() + Int(pause / .milliseconds(1)) }
                try await self.write(state, step: step.name)
                await self.tell(state, isOver ? .error : .warning, "\(Self.phrase(step)): \(error.reason)")
                return isOver ? .failed("\(Self.phrase(step)): \(error.reason)") : .again(after: pause)
            }
        }
        return .complete
    }

    private func run(_ step: ProvisioningStep, _ state: JobState) async throws -> StepOutputs {
        await self.tell(state, .info, step.title)
        let context = self.context(state)
        let begin = ContinuousClock.now
        var isDone = false
        defer { self.metrics.ran(step: step.name, .run, succeeded: isDone, begin.duration(to: .now)) }
        do {
            let outputs = try await self.control.run(timeout: step.timeout) { try await step.run(context) }
            isDone = true
            return outputs
        } catch {
            throw try Self.failure(error)
        }
    }

    /// Takes the steps back, in reverse. One that fails does not stop the others; it has its turn again later, as often as a step may fail.
    ///
    /// - Parameter which: whether a step of this state may have made something.
    /// - Returns: what is left for good, or when to go on.
    /// - Throws: ``Interrupted``
    func goBack(
        _ state: inout JobState, which: (StepState?) -> Bool
    ) async throws -> (leftovers: [Leftover], again: Duration?) {
        for step in state.steps.reversed() {
            var record = state.records[step.name] ?? StepRecord()
            guard which(state.records[step.name]?.state), record.undoFailures < self.settings.maximumFailures else { continue }
            try self.stopIfDraining()
            do {
                try await self.undo(step, state)
                record.state = .undone
                record.finished = RecordCoding.now()
                record.error = nil
            } catch let error as StepFailure {
                record.error = error.reason
                record.undoFailures = error.isFinal ? self.settings.maximumFailures : record.undoFailures + 1
                // What is there now is not known: part of it may be gone, so that it is not done any more; and it has its turn at
                // destruction even if nobody is known to have begun it.
                record.state = .started
                await self.tell(state, .warning, "\(Self.phrase(step, back: true)): \(error.reason)")
            }
            state.records[step.name] = record
            try await self.write(state, step: step.name)
        }
        let left = state.steps.filter { which(state.records[$0.name]?.state) }
        let again = left.compactMap { state.records[$0.name]?.undoFailures }.filter { $0 < self.settings.maximumFailures }.min()
        if let again, !self.isPastWindow(state.job) { return ([], self.settings.backoff(after: again)) }
        return (left.map { Leftover(step: $0.name, reason: state.records[$0.name]?.error ?? "unknown") }, nil)
    }

    private func undo(_ step: ProvisioningStep, _ state: JobState) async throws {
        await self.tell(state, .info, "Undo: \(step.title)")
        let context = self.context(state)
        let begin = ContinuousClock.now
        var isDone = false
        defer { self.metrics.ran(step: step.name, .undo, succeeded: isDone, begin.duration(to: .now)) }
        do {
            try await self.control.run(timeout: step.timeout) { try await step.undo(context) }
            isDone = true
        } catch {
            throw try Self.failure(error)
        }
    }

    private func context(_ state: JobState) -> StepContext {
        StepContext(specification: state.specification, outputs: state.outputs) { text in
            await self.tell(state, .info, text)
        }
    }

    func stopIfDraining() throws {
        if let why = self.control.interruption { throw Interrupted(why: why) }
        if self.control.isDraining || Task.isCancelled { throw Interrupted(why: .drained) }
    }

    private func isPastWindow(_ job: JobRecord) -> Bool {
        RecordCoding.now() - job.started > Int(self.settings.retryWindow / .milliseconds(1))
    }

    // MARK: Failures

    /// Why a step failed, in words, and whether trying again is of use.
    struct StepFailure: Error, Sendable {
        let reason: String
        let isFinal: Bool
    }

    /// - Throws: the error itself if it is not the step's.
    static func failure(_ error: any Error) throws -> StepFailure {
        switch error {
        case let error as Interrupted: throw error
        case let error as ProviderError:
            return StepFailure(reason: Self.bounded(error.message), isFinal: error.kind != .temporary)
        case let error as StepTimedOut:
            return StepFailure(reason: "it took longer than \(error.after.components.seconds) seconds", isFinal: false)
        default: return StepFailure(reason: Self.bounded("\(error)"), isFinal: false)
        }
    }

    /// Characters of one sentence that are kept. Whatever answers a provider may send pages, and records and logs keep many sentences.
    static let maximumSentence = 1_000

    static func bounded(_ text: String) -> String {
        text.count <= Self.maximumSentence ? text : "\(text.prefix(Self.maximumSentence))…"
    }

    /// `start push-redis failed`, to be followed by the reason.
    private static func phrase(_ step: ProvisioningStep, back: Bool = false) -> String {
        let title = step.title.prefix(1).lowercased() + step.title.dropFirst()
        return back ? "undoing '\(title)' failed" : "\(title) failed"
    }
}

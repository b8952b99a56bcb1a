import PushRedis
import PushaasProvisioning

/// How far one step is.
public enum StepState: String, Sendable, Hashable, Codable, CaseIterable {
    /// Its turn has not come.
    case waiting
    /// Somebody began it; how far it came is not known.
    case started
    case done
    /// It was taken back, or nothing of it is left.
    case undone
}

/// What is stored of one step. `started` is written before the step runs, `done` with its outputs afterwards.
struct StepRecord: Sendable, Hashable, Codable {
    var state: StepState
    /// Of the last time that it was done.
    var outputs: StepOutputs
    /// Milliseconds since 1970.
    var started: Int
    var finished: Int?
    /// How often the step was begun by this job.
    var attempts: Int
    /// How often it has failed in this job.
    var failures: Int
    /// How often taking it back has failed in this job.
    var undoFailures: Int
    /// Why it failed last.
    var error: String?

    init(state: StepState = .waiting, started: Int = 0) {
        self.state = state
        self.outputs = [:]
        self.started = started
        self.attempts = 0
        self.failures = 0
        self.undoFailures = 0
    }
}

/// What is stored of an instance's job: one at a time, the last one stays.
struct JobRecord: Sendable, Hashable, Codable {
    enum State: String, Sendable, Hashable, Codable {
        /// Going forward.
        case running
        /// It has failed for good, and what it made is being taken away.
        case undoing
        /// Nothing is left that is known; a worker that was cut off may still make something, so it is looked at again after a while.
        case watching
        case done
        case failed
    }

    /// A step as it was planned, for people.
    struct PlannedStep: Sendable, Hashable, Codable {
        var name: String
        var title: String
    }

    var kind: JobKind
    var state: State
    /// Milliseconds since 1970.
    var started: Int
    var finished: Int?
    /// How often a worker has taken it up.
    var attempt: Int
    /// Who worked on it last.
    var worker: String
    var failure: String?
    /// In their order.
    var steps: [PlannedStep]
    /// The plan that an update is to reach.
    var target: Plan?
    /// When it may go on, after a failure: milliseconds since 1970.
    var notBefore: Int?
    /// How often looking for what is left, or removing it, has failed.
    var sweepFailures: Int

    init(kind: JobKind, started: Int, worker: String, steps: [PlannedStep] = [], target: Plan? = nil) {
        self.kind = kind
        self.state = .running
        self.started = started
        self.attempt = 0
        self.sweepFailures = 0
        self.worker = worker
        self.steps = steps
        self.target = target
    }
}

/// One step of an instance's job, for people.
public struct StepProgress: Sendable, Hashable {
    public var name: String
    /// `Start push-redis`
    public var title: String
    public var state: StepState
    /// Milliseconds since 1970; `nil` before its turn.
    public var started: Int?
    public var finished: Int?
    public var attempts: Int
    /// Why it failed last, in a sentence.
    public var error: String?
}

/// The job of an instance, for people.
public struct JobProgress: Sendable, Hashable {
    public var kind: JobKind
    /// `running`, `undoing`, `watching` (nothing is left that is known, and it is looked at again in a while), `done` or `failed`.
    public var state: String
    /// Milliseconds since 1970.
    public var started: Int
    public var finished: Int?
    /// How often a worker has taken it up.
    public var attempt: Int
    public var worker: String
    /// Why it failed, in a sentence.
    public var failure: String?
    /// In the order in which they are done. Those of a destruction are undone in reverse.
    public var steps: [StepProgress]
}

/// A line of an instance's log, for people.
public struct JobLogLine: Sendable, Hashable, Codable {
    public enum Level: String, Sendable, Hashable, Codable {
        case info
        case warning
        case error
    }

    /// Milliseconds since 1970.
    public var time: Int
    public var level: Level
    /// A sentence.
    public var text: String

    public init(time: Int, level: Level, text: String) {
        self.time = time
        self.level = level
        self.text = text
    }
}

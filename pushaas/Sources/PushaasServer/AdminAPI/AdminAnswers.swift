import FoundationEssentials
import PushaasProvisioning

/// Times as the API shows them: ISO 8601 in UTC with milliseconds.
enum AdminTime {
    /// - Parameter milliseconds: Since 1970.
    static func text(_ milliseconds: Int) -> String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000).formatted(
            Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}

/// How far a job is, for a list.
struct ProgressAnswer: Encodable, Sendable, Equatable {
    let kind: JobKind
    let done: Int
    let total: Int
    /// The title of the step that is under way.
    let step: String?

    /// - Returns: `nil` for a job that has ended.
    init?(_ job: JobProgress?) {
        guard let job, job.state != "done", job.state != "failed" else { return nil }
        let isUndoing = job.kind == .destroy || job.state != "running"
        self.kind = job.kind
        self.done = job.steps.count { isUndoing ? $0.state == .undone || $0.state == .waiting : $0.state == .done }
        self.total = job.steps.count
        self.step = job.steps.last { $0.state == .started }?.title
    }
}

/// An instance in the list.
struct InstanceRow: Encodable, Sendable {
    let id: String
    let name: String
    let status: InstanceStatus
    let plan: String
    let targetPlan: String?
    let team: String
    let created: String
    let failure: String?
    let leftovers: Int
    let drift: Int
    let bindings: Int
    let progress: ProgressAnswer?

    init(_ instance: Instance, bindings: Int, job: JobProgress?) {
        self.id = instance.id.rawValue
        self.name = instance.name
        self.status = instance.status
        self.plan = instance.plan.name
        self.targetPlan = instance.targetPlan?.name
        self.team = instance.team
        self.created = AdminTime.text(instance.created)
        self.failure = instance.failure
        self.leftovers = instance.leftovers.count
        self.drift = instance.drift.count
        self.bindings = bindings
        self.progress = ProgressAnswer(job)
    }
}

/// A destroyed instance of which something is left, in the list.
struct DestroyedRow: Encodable, Sendable {
    let id: String
    let name: String
    let destroyed: String
    let failure: String?
    let leftovers: Int
    let progress: ProgressAnswer?

    init(_ instance: DestroyedInstance, job: JobProgress?) {
        self.id = instance.id.rawValue
        self.name = instance.instance.name
        self.destroyed = AdminTime.text(instance.destroyed)
        self.failure = instance.instance.failure
        self.leftovers = instance.instance.leftovers.count
        self.progress = ProgressAnswer(job)
    }
}

struct LeftoverAnswer: Encodable, Sendable {
    let step: String
    let reason: String

    init(_ leftover: Leftover) {
        self.step = leftover.step
        self.reason = leftover.reason
    }
}

struct JobAnswer: Encodable, Sendable {
    struct Step: Encodable, Sendable {
        let name: String
        let title: String
        let state: StepState
        let started: String?
        let finished: String?
        let attempts: Int
        let error: String?
    }

    let kind: JobKind
    let state: String
    let started: String
    let finished: String?
    let attempt: Int
    let worker: String
    let failure: String?
    let steps: [Step]

    init(_ job: JobProgress) {
        self.kind = job.kind
        self.state = job.state
        self.started = AdminTime.text(job.started)
        self.finished = job.finished.map(AdminTime.text)
        self.attempt = job.attempt
        self.worker = job.worker
        self.failure = job.failure
        self.steps = job.steps.map {
            Step(
                name: $0.name, title: $0.title, state: $0.state, started: $0.started.map(AdminTime.text),
                finished: $0.finished.map(AdminTime.text), attempts: $0.attempts, error: $0.error)
        }
    }
}

struct LogAnswer: Encodable, Sendable {
    let time: String
    let level: JobLogLine.Level
    let text: String

    init(_ line: JobLogLine) {
        self.time = AdminTime.text(line.time)
        self.level = line.level
        self.text = line.text
    }
}

/// A bind, without its password.
struct BindAnswer: Encodable, Sendable {
    let name: String
    let kind: BindSubject.Kind
    /// `PUSHAAS_USERNAME`
    let user: String
    let created: String
    let event: String
    let hosts: [String]
    let units: [String]
    let isRevoking: Bool

    init(_ bind: Bind) {
        self.name = bind.subject.name
        self.kind = bind.subject.kind
        self.user = bind.subject.name
        self.created = AdminTime.text(bind.created)
        self.event = bind.eventID
        self.hosts = bind.hosts
        self.units = bind.units
        self.isRevoking = bind.isRevoking
    }
}

/// Everything about an instance, without its secrets.
struct InstanceAnswer: Encodable, Sendable {
    struct Addresses: Encodable, Sendable {
        let api: String?
        let stream: String?
    }

    struct Figures: Encodable, Sendable {
        let subscribers: Int?
        let messagesToday: Int?
        let problem: String?
    }

    let id: String
    let name: String
    let status: InstanceStatus
    let plan: PlanAnswer
    let targetPlan: String?
    let team: String
    let user: String
    let description: String
    let tags: [String]
    let created: String
    let failure: String?
    let leftovers: [LeftoverAnswer]
    let drift: [String]
    let addresses: Addresses
    let outputs: [String: String]
    let figures: Figures?
    let job: JobAnswer?
    let log: [LogAnswer]
    let bindings: [BindAnswer]

    init(
        _ instance: Instance, standard: String, figures: InstanceFigures?, job: JobProgress?, log: [JobLogLine], binds: [Bind]
    ) {
        self.id = instance.id.rawValue
        self.name = instance.name
        self.status = instance.status
        self.plan = PlanAnswer(instance.plan, isDefault: instance.plan.name == standard)
        self.targetPlan = instance.targetPlan?.name
        self.team = instance.team
        self.user = instance.user
        self.description = instance.description
        self.tags = instance.tags
        self.created = AdminTime.text(instance.created)
        self.failure = instance.failure
        self.leftovers = instance.leftovers.map(LeftoverAnswer.init)
        self.drift = instance.drift
        self.addresses = Addresses(
            api: instance.outputs[WellKnownOutput.apiURL], stream: instance.outputs[WellKnownOutput.streamURL])
        self.outputs = instance.outputs
        self.figures = figures.map {
            Figures(subscribers: $0.subscribers, messagesToday: $0.messagesToday, problem: $0.problem)
        }
        self.job = job.map(JobAnswer.init)
        self.log = log.map(LogAnswer.init)
        self.bindings = binds.map(BindAnswer.init)
    }
}

/// Everything about a destroyed instance of which something is left.
struct DestroyedAnswer: Encodable, Sendable {
    let id: String
    let name: String
    let created: String
    let destroyed: String
    let failure: String?
    let leftovers: [LeftoverAnswer]
    let job: JobAnswer?
    let log: [LogAnswer]

    init(_ instance: DestroyedInstance, job: JobProgress?, log: [JobLogLine]) {
        self.id = instance.id.rawValue
        self.name = instance.instance.name
        self.created = AdminTime.text(instance.instance.created)
        self.destroyed = AdminTime.text(instance.destroyed)
        self.failure = instance.instance.failure
        self.leftovers = instance.instance.leftovers.map(LeftoverAnswer.init)
        self.job = job.map(JobAnswer.init)
        self.log = log.map(LogAnswer.init)
    }
}

/// A plan with what it costs in all.
struct PlanAnswer: Encodable, Sendable {
    let name: String
    let description: String
    let isDefault: Bool
    let streamTasks: Int
    let apiTasks: Int
    let persistence: Plan.Persistence
    /// Thousandths of a processor, of all tasks together.
    let cpu: Int
    /// MiB, likewise.
    let memory: Int
    let limits: Plan.Limits

    init(_ plan: Plan, isDefault: Bool) {
        self.name = plan.name
        self.description = plan.description
        self.isDefault = isDefault
        self.streamTasks = plan.streamTasks
        self.apiTasks = plan.apiTasks
        self.persistence = plan.persistence
        self.cpu = plan.streamTasks * (plan.stream.cpu + plan.agent.cpu) + plan.apiTasks * plan.api.cpu + plan.redis.cpu
        self.memory =
            plan.streamTasks * (plan.stream.memory + plan.agent.memory) + plan.apiTasks * plan.api.memory + plan.redis.memory
        self.limits = plan.limits
    }
}

import PushaasProvisioning

/// What `tsuru service instance info` shows: labels and texts, each label once.
struct InstanceInfo: Sendable, Hashable {
    struct Item: Sendable, Hashable, Encodable {
        let label: String
        let value: String
    }

    private(set) var items: [Item] = []

    init(_ instance: Instance, job: JobProgress?, figures: InstanceFigures?) {
        self.add("Status", Self.status(instance))
        self.add("Plan", instance.plan.name)
        if let target = instance.targetPlan { self.add("Next plan", target.name) }
        if instance.isComplete {
            self.add("Publish at", instance.outputs[WellKnownOutput.apiURL])
            self.add("Subscribe at", instance.outputs[WellKnownOutput.streamURL])
        }
        if let figures {
            self.add("Subscribers now", figures.subscribers.map { "\($0)" } ?? Self.unknown(figures))
            self.add("Messages today", figures.messagesToday.map { "\($0)" } ?? Self.unknown(figures))
        }
        if instance.status == .pending || instance.status == .updating {
            self.add("Progress", job.map(Self.progress) ?? "waiting for a worker")
        }
        self.add("Last failure", instance.failure)
        if !instance.leftovers.isEmpty {
            self.add("Left over", instance.leftovers.map { "\($0.step): \($0.reason)" }.joined(separator: "; "))
        }
        if !instance.drift.isEmpty { self.add("Differs from plan", instance.drift.joined(separator: "; ")) }
    }

    private mutating func add(_ label: String, _ value: String?) {
        guard let value, !value.isEmpty else { return }
        self.items.append(Item(label: label, value: value))
    }

    private static func unknown(_ figures: InstanceFigures) -> String {
        figures.problem.map { "not known: \($0)" } ?? "not known"
    }

    static func status(_ instance: Instance) -> String {
        switch instance.status {
        case .pending: "pending"
        case .running: "up"
        case .updating: "up, changing to the plan \(instance.targetPlan?.name ?? instance.plan.name)"
        case .failed: "down: its creation has failed"
        }
    }

    /// `2 of 5 steps done, now: Start push-redis`
    static func progress(_ job: JobProgress) -> String {
        let done = job.steps.count { $0.state == .done }
        var text = "\(done) of \(job.steps.count) steps done"
        if job.state == "undoing" { text = "it has failed, and what was made is being taken away" }
        if let current = job.steps.last(where: { $0.state == .started }) {
            text += ", now: \(current.title)"
            if let error = current.error { text += " (tried \(current.attempts) times; last: \(error))" }
        }
        return text
    }
}

import PushRuntime
import PushaasProvisioning

extension PushaasConfiguration {
    /// The plans' names, smallest first. What each of them is, is configured.
    static let planNames = ["small", "medium", "large"]

    private struct PlanDefaults {
        let description: String
        let streamTasks: Int
        let apiTasks: Int
        /// Thousandths of a processor and MiB, of push-stream, push-agent, push-api and push-redis.
        let sizes: [(cpu: Int, memory: Int)]
        let persistence: Plan.Persistence
        let subscribers: Int
        let messagesPerSecond: Int
        let historyMessages: Int
        let history: String
    }

    private static let planDefaults: [String: PlanDefaults] = [
        "small": PlanDefaults(
            description: "One of each component: 1,000 subscribers, 100 messages per second", streamTasks: 1, apiTasks: 1,
            sizes: [(250, 512), (125, 256), (250, 512), (125, 256)], persistence: .ephemeral, subscribers: 1_000,
            messagesPerSecond: 100, historyMessages: 20, history: "5m"),
        "medium": PlanDefaults(
            description: "Two push-streams and two push-apis, Redis on disk: 10,000 subscribers, 1,000 messages per second",
            streamTasks: 2, apiTasks: 2, sizes: [(500, 1024), (250, 256), (500, 512), (250, 512)], persistence: .persistent,
            subscribers: 10_000, messagesPerSecond: 1_000, historyMessages: 50, history: "10m"),
        "large": PlanDefaults(
            description: "Four push-streams and three push-apis, Redis on disk: 100,000 subscribers, 5,000 messages per second",
            streamTasks: 4, apiTasks: 3, sizes: [(1000, 2048), (500, 512), (1000, 1024), (500, 1024)],
            persistence: .persistent, subscribers: 100_000, messagesPerSecond: 5_000, historyMessages: 100, history: "30m"),
    ]

    private static let components = ["push_stream", "push_agent", "push_api", "push_redis"]

    /// `plans.small.push_stream.tasks` and so on.
    static let planKeys: [ConfigurationKey] =
        [
            ConfigurationKey(
                "plans.default", .choice(planNames), default: "small",
                documentation: "The plan of an instance that is created without one.")
        ]
        + planNames.flatMap { name -> [ConfigurationKey] in
            guard let plan = planDefaults[name] else { return [] }
            var keys = [
                ConfigurationKey(
                    "plans.\(name).enabled", .bool, default: "true", documentation: "Whether the plan \(name) is offered."),
                ConfigurationKey(
                    "plans.\(name).description", default: plan.description, documentation: "What users are told of it."),
                ConfigurationKey(
                    "plans.\(name).push_stream.tasks", .int(1...20), default: "\(plan.streamTasks)",
                    documentation: "Tasks of push-stream, each with a push-agent."),
                ConfigurationKey(
                    "plans.\(name).push_api.tasks", .int(1...20), default: "\(plan.apiTasks)", documentation: "Tasks of push-api."
                ),
            ]
            for (component, size) in zip(components, plan.sizes) {
                let title = component.replacing("_", with: "-")
                keys.append(
                    ConfigurationKey(
                        "plans.\(name).\(component).cpu", .int(50...64_000), default: "\(size.cpu)",
                        documentation: "Thousandths of a processor for each \(title)."))
                keys.append(
                    ConfigurationKey(
                        "plans.\(name).\(component).memory", .bytes((64 << 20)...(512 << 30)), default: "\(size.memory)MB",
                        documentation: "Memory for each \(title)."))
            }
            return keys + [
                ConfigurationKey(
                    "plans.\(name).push_redis.persistence", .choice(Plan.Persistence.allCases.map(\.rawValue)),
                    default: plan.persistence.rawValue,
                    documentation:
                        "Whether push-redis keeps its data on a volume (persistent) or loses it with its task (ephemeral)."),
                ConfigurationKey(
                    "plans.\(name).limits.subscribers", .int(0...10_000_000), default: "\(plan.subscribers)",
                    documentation: "Subscribers at a time, over all push-streams; 0 is no limit."),
                ConfigurationKey(
                    "plans.\(name).limits.messages_per_second", .int(0...1_000_000), default: "\(plan.messagesPerSecond)",
                    documentation: "Messages per second of all publishers; 0 is no limit."),
                ConfigurationKey(
                    "plans.\(name).limits.history_messages", .int(1...10_000), default: "\(plan.historyMessages)",
                    documentation: "Messages that each channel keeps for subscribers that come back."),
                ConfigurationKey(
                    "plans.\(name).limits.history", .duration(.seconds(1)...(.seconds(86_400))), default: plan.history,
                    documentation: "How long a channel keeps them."),
            ]
        }

    /// - Throws: `ConfigurationError` if no plan is offered, or the default one is not.
    static func plans(_ values: ConfigurationValues) throws(ConfigurationError) -> PlanCatalog {
        var plans: [Plan] = []
        for name in Self.planNames where try values.bool("plans.\(name).enabled") {
            plans.append(try Self.plan(name, values))
        }
        let standard = try values.string("plans.default")
        guard let catalog = PlanCatalog(plans: plans, standard: standard) else {
            throw ConfigurationError([
                .init(key: "plans.default", source: "value", message: "the plan \(standard) is not enabled")
            ])
        }
        return catalog
    }

    private static func plan(_ name: String, _ values: ConfigurationValues) throws(ConfigurationError) -> Plan {
        func size(_ component: String) throws(ConfigurationError) -> Plan.Size {
            Plan.Size(
                cpu: try values.int("plans.\(name).\(component).cpu"),
                memory: try values.bytes("plans.\(name).\(component).memory") >> 20)
        }
        return Plan(
            name: name, description: try values.string("plans.\(name).description"),
            streamTasks: try values.int("plans.\(name).push_stream.tasks"),
            apiTasks: try values.int("plans.\(name).push_api.tasks"), stream: try size("push_stream"),
            agent: try size("push_agent"), api: try size("push_api"), redis: try size("push_redis"),
            persistence: Plan.Persistence(rawValue: try values.string("plans.\(name).push_redis.persistence")) ?? .ephemeral,
            limits: Plan.Limits(
                subscribers: try values.int("plans.\(name).limits.subscribers"),
                messagesPerSecond: try values.int("plans.\(name).limits.messages_per_second"),
                historyMessages: try values.int("plans.\(name).limits.history_messages"),
                historySeconds: Int(try values.duration("plans.\(name).limits.history") / .seconds(1))))
    }
}

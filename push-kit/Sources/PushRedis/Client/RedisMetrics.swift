import CoreMetrics

/// What the client counts. Labels come from a fixed set: never a key, a channel or an address.
struct RedisMetrics: Sendable {
    private let commands: Counter
    private let reconnects: Counter
    private let errors: [String: Counter]

    init(factory: any MetricsFactory) {
        commands = Counter(label: "push_redis_commands_total", factory: factory)
        reconnects = Counter(label: "push_redis_reconnects_total", factory: factory)
        errors = Dictionary(
            uniqueKeysWithValues: RedisError.Code.allLabels.map { label in
                (label, Counter(label: "push_redis_errors_total", dimensions: [("code", label)], factory: factory))
            })
    }

    func sent(_ commandCount: Int) { commands.increment(by: commandCount) }

    func reconnected() { reconnects.increment() }

    func failed(_ error: RedisError) { errors[error.code.label]?.increment() }
}

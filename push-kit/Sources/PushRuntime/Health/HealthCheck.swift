/// One dependency of a component, such as its Redis.
public struct HealthCheck: Sendable {
    /// A stable name in the answer: `redis`.
    public let name: String
    let check: @Sendable () async throws -> Void

    /// - Parameter check: Returns when the dependency answers, throws otherwise. Called by one request at a time, and
    ///   cancelled when its time is over. What it throws is shown to anyone who asks: no secrets.
    public init(_ name: String, check: @escaping @Sendable () async throws -> Void) {
        self.name = name
        self.check = check
    }

    /// The same check under another name, for a program that is made of several components.
    public func named(_ name: String) -> HealthCheck { HealthCheck(name, check: self.check) }
}

/// Runs the checks of a component, at most once in a while, however often it is asked.
public actor HealthChecks {
    /// One check's outcome; `problem` is nil when the dependency answers.
    public struct Result: Sendable, Equatable {
        public let name: String
        public let problem: String?
    }

    private let checks: [HealthCheck]
    private let timeout: Duration
    private let cacheDuration: Duration
    private let drainState: DrainState
    private var cached: (results: [Result], at: ContinuousClock.Instant)?
    private var running: Task<[Result], Never>?
    /// Checks that have not returned, whether or not their time is over, by their place: two may have one name.
    private var unanswered: Set<Int> = []

    /// - Parameters:
    ///   - timeout: For each check; all run at once.
    ///   - cacheDuration: How long a result stands, so that a flood of requests does not reach the dependencies.
    public init(
        _ checks: [HealthCheck], drainState: DrainState, timeout: Duration = .seconds(1), cacheDuration: Duration = .seconds(1)
    ) {
        self.checks = checks
        self.drainState = drainState
        self.timeout = timeout
        self.cacheDuration = cacheDuration
    }

    /// What is not ready; empty when everything is.
    public func problems() async -> [Result] {
        if drainState.isDraining {
            return [Result(name: "lifecycle", problem: "shutting down")]
        }
        return await results().filter { $0.problem != nil }
    }

    private func results() async -> [Result] {
        if let cached, ContinuousClock.now - cached.at < cacheDuration { return cached.results }
        if let running { return await running.value }
        // Callers share one run, which ends within `timeout` whatever the checks do.
        let task = Task { await runAll() }
        running = task
        let results = await task.value
        running = nil
        cached = (results, .now)
        return results
    }

    private func runAll() async -> [Result] {
        await withTaskGroup(of: Result.self) { group in
            for (place, check) in checks.enumerated() {
                group.addTask { await self.run(check, at: place) }
            }
            var results: [Result] = []
            for await result in group { results.append(result) }
            return results.sorted { $0.name < $1.name }
        }
    }

    /// A check that ignores its cancellation must neither hold the answer up, so it is not awaited past its time, nor
    /// pile up, so it is not started again before it has returned.
    private func run(_ check: HealthCheck, at place: Int) async -> Result {
        let late = Result(name: check.name, problem: "no answer within \(DurationText.format(timeout))")
        guard unanswered.insert(place).inserted else { return late }
        let (outcomes, continuation) = AsyncStream.makeStream(of: Result.self, bufferingPolicy: .bufferingOldest(1))
        let work = Task {
            let problem: String?
            do {
                try await check.check()
                problem = nil
            } catch {
                problem = StartupError.describe(error)
            }
            unanswered.remove(place)
            continuation.yield(Result(name: check.name, problem: problem))
        }
        let timer = Task { [timeout] in
            try await Task.sleep(for: timeout)
            continuation.yield(late)
        }
        defer {
            work.cancel()
            timer.cancel()
        }
        for await outcome in outcomes { return outcome }
        return late
    }
}

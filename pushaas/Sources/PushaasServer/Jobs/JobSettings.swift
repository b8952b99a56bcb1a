/// How workers work.
public struct JobSettings: Sendable {
    /// Jobs at a time in this process. At least 1.
    public var concurrency = 4
    /// How long the lock of an instance, and the claim to a job, outlive a worker that is gone.
    public var lockTimeToLive: Duration = .seconds(30)
    /// How often a worker renews them, and learns that the instance was destroyed. Less than a third of ``lockTimeToLive``.
    public var heartbeat: Duration = .seconds(3)
    /// How long a reading of the queue waits for a job: how long a shutdown may be noticed late.
    public var pollInterval: Duration = .seconds(1)
    /// When a job whose instance somebody else works on is looked at again.
    public var lockedPause: Duration = .seconds(2)
    /// How long a step that is under way at shutdown may take to end, before it is left to another worker.
    public var drainTimeout: Duration = .seconds(20)
    /// The pause after the first temporary failure; doubled each time up to ``maximumBackoff``, less up to half of it at random.
    public var minimumBackoff: Duration = .seconds(2)
    public var maximumBackoff: Duration = .seconds(60)
    /// How often a step, or its undo, may fail with temporary errors before the job gives up.
    public var maximumFailures = 6
    /// How long after its start a job still tries again.
    public var retryWindow: Duration = .seconds(3600)
    /// How often a step may be begun and not ended: workers that die of it are not sent into it for ever.
    public var maximumAttempts = 20
    /// How long after a destruction what was made by a worker that had been cut off is looked for once more. Longer than
    /// ``lockTimeToLive``.
    public var watchTime: Duration = .seconds(90)
    /// How long a question to the provider for all resources, or the removal of one, may take.
    public var sweepTimeout: Duration = .seconds(120)

    public init() {}

    /// The pause after this many failures, with some chance in it so that many jobs do not come back at once.
    func backoff(after failures: Int) -> Duration {
        let doubled = self.minimumBackoff * (1 << min(max(failures - 1, 0), 20))
        return min(doubled, self.maximumBackoff) * Double.random(in: 0.5...1)
    }
}

import PushRedis
import PushaasProvisioning

/// What the jobs of instances have noted, to be read.
public struct ProgressRepository: Sendable {
    /// Lines that a log keeps.
    public static let maximumLines = 500

    let redis: RedisClient
    let keys: InstanceKeys

    public init(redis: RedisClient, keys: InstanceKeys) {
        self.redis = redis
        self.keys = keys
    }

    /// The job that runs, else the last one; `nil` before the first has begun.
    public func job(of id: InstanceID) async throws -> JobProgress? {
        let stored = try await self.stored(id)
        guard let job = stored.job else { return nil }
        let steps = job.steps.map { planned in
            let step = stored.steps[StoredProgress.field(planned.name, of: job.kind)]
            return StepProgress(
                name: planned.name, title: planned.title, state: step?.state ?? .waiting,
                started: step.flatMap { $0.started > 0 ? $0.started : nil }, finished: step?.finished,
                attempts: step?.attempts ?? 0,
                error: step?.error)
        }
        return JobProgress(
            kind: job.kind, state: job.state.rawValue, started: job.started, finished: job.finished, attempt: job.attempt,
            worker: job.worker, failure: job.failure, steps: steps)
    }

    /// The newest lines, oldest first.
    public func log(of id: InstanceID, lines: Int = maximumLines) async throws -> [JobLogLine] {
        guard lines > 0 else { return [] }
        let reply = try await self.redis.send(RedisCommand("LRANGE", self.keys.log(id), -lines, -1))
        return (reply.array ?? []).compactMap { line in
            line.string.flatMap { try? RecordCoding.decode(JobLogLine.self, $0) }
        }
    }

    /// The whole hash, as workers need it.
    func stored(_ id: InstanceID) async throws -> StoredProgress {
        StoredProgress(try await self.redis.hgetall(self.keys.progress(id)).mapValues { String(decoding: $0, as: UTF8.self) })
    }
}

/// The hash `job:progress:<id>`, read.
struct StoredProgress: Sendable, Hashable {
    /// The field of the job itself.
    static let jobField = "job"

    var job: JobRecord?
    /// By field, see ``field(_:of:)``. What cannot be read is left out: steps can be repeated.
    var steps: [String: StepRecord] = [:]

    init(_ fields: [String: String]) {
        for (field, text) in fields {
            if field == Self.jobField {
                self.job = try? RecordCoding.decode(JobRecord.self, text)
            } else {
                self.steps[field] = try? RecordCoding.decode(StepRecord.self, text)
            }
        }
    }

    /// Where a step is stored. The steps of an update have names of their own there: what a creation has made has to stay known for the
    /// destruction.
    static func field(_ step: String, of kind: JobKind) -> String {
        kind == .update ? "update:\(step)" : "step:\(step)"
    }
}

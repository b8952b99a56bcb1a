import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Finds out whether the Push Service answers, at most once in a while, however often it is asked.
actor PushServiceStatus {
    private let variables: PushServiceVariables
    private let api: PushAPIClient?
    private let client: HTTPClient
    private let outbox: Outbox
    private let problem: OutboxProblem
    /// Where push-stream is asked, if not where browsers reach it.
    private let pushStreamCheck: URL?
    private let timeout: Duration
    private let lifetime: Duration
    private var cached: (report: StatusReport, at: ContinuousClock.Instant)?
    private var running: Task<StatusReport, Never>?
    /// Subscribers go on while push-api is away, so what it said last counts.
    private var pushStreamURL: String?

    /// - Parameters:
    ///   - api: `nil` while the variables are of no use.
    ///   - timeout: For each question.
    ///   - lifetime: How long an answer stands, so that a flood of requests does not reach the Push Service.
    init(
        variables: PushServiceVariables, api: PushAPIClient?, client: HTTPClient, outbox: Outbox, problem: OutboxProblem,
        pushStreamCheck: URL?, timeout: Duration, lifetime: Duration
    ) {
        self.variables = variables
        self.api = api
        self.client = client
        self.outbox = outbox
        self.problem = problem
        self.pushStreamCheck = pushStreamCheck
        self.timeout = timeout
        self.lifetime = lifetime
    }

    func report() async -> StatusReport {
        if let cached, ContinuousClock.now - cached.at < self.lifetime { return cached.report }
        if let running { return await running.value }
        // Callers share one run, which ends by itself: each question has its timeout.
        let task = Task { await self.look() }
        self.running = task
        let report = await task.value
        self.running = nil
        self.cached = (report, .now)
        return report
    }

    private func look() async -> StatusReport {
        var checks = StatusReport.Check.variables(self.variables)
        checks.append(await self.askPushAPI())
        checks.append(await self.askPushStream())
        // What cannot be counted was told by the database's own check.
        checks.append(.changes(waiting: (try? await self.outbox.count()) ?? 0, reason: self.problem.text))
        return StatusReport(
            pushStream: self.pushStreamURL.map { StatusReport.PushStream(url: $0) },
            working: checks.allSatisfy { $0.state == .working }, checks: checks)
    }

    private func askPushAPI() async -> StatusReport.Check {
        switch self.variables.access {
        case nil: return .pushAPI(notAsked: self.variables.missing)
        case .failure(let invalid): return .pushAPI(invalid)
        case .success(let access):
            guard let api = self.api else { return .pushAPI(notAsked: self.variables.missing) }
            do {
                self.pushStreamURL = try await api.pushStreamURL()
                return .pushAPI(answersAt: access.endpoint)
            } catch {
                return .pushAPI(error, at: access.endpoint)
            }
        }
    }

    private func askPushStream() async -> StatusReport.Check {
        guard let told = self.pushStreamURL else { return .pushStreamUnknown() }
        let address = self.pushStreamCheck?.absoluteString ?? told
        do {
            // Any answer will do: an Nginx with the module need not have this location.
            let request = HTTPClientRequest(url: address + (address.hasSuffix("/") ? "healthz" : "/healthz"))
            let response = try await self.client.execute(request, timeout: TimeAmount(self.timeout))
            _ = try await response.body.collect(upTo: 65_536)
            guard response.status.code < 500 else { return .pushStream("status \(response.status.code)", at: address) }
            return .pushStream(answersAt: address)
        } catch {
            return .pushStream(ConnectionProblem.text(of: error), at: address)
        }
    }
}

import Hummingbird
import Logging
import PushModels
import PushRedis
import PushRuntime

/// `/api/v1/stats`: what the agents reported last, and what they sampled in the last hour.
struct StatisticsController: Sendable {
    private static let topLimit = 1...100
    private static let defaultTopLimit = 50

    let reports: StatisticsRepository
    let history: HistoryRepository
    let topChannels: TopChannelsRepository
    let agents: AgentsRepository

    init(redis: RedisClient, keys: RedisKeys, logger: Logger) {
        self.reports = StatisticsRepository(redis: redis, keys: keys, logger: logger)
        self.history = HistoryRepository(redis: redis)
        self.topChannels = TopChannelsRepository(redis: redis, keys: keys)
        self.agents = AgentsRepository(redis: redis, keys: keys)
    }

    func addRoutes(to group: RouterGroup<APIRequestContext>) {
        let group = group.requiring(.stats)
        group.get("stats/global") { _, context in
            let (report, stream) = try await Self.reading(context) { try await self.reports.global() }
            guard !report.isEmpty else {
                throw APIError(
                    .notFound, .statisticsNotFound, "no agent has reported statistics of late: check that push-agent runs")
            }
            return Response.json(bytes: try report.json(stream: stream))
        }
        group.get("stats/channels/:id") { _, context in
            let notFound = APIError(
                .notFound, .statisticsNotFound,
                "no agent has reported this channel of late: it has neither subscribers nor recent messages, or was just created")
            guard let id = context.channelID else { throw notFound }
            try context.principal.requireUse(of: id)
            let report = try await Self.reading(context) { try await self.reports.channel(id) }
            guard !report.isEmpty else { throw notFound }
            return Response.json(bytes: try report.json())
        }
        group.get("stats/history") { _, context in
            Response.json(bytes: try await Self.reading(context) { try await self.history.history() }.json())
        }
        group.get("stats/top") { request, context in
            let limit = try Self.limit(of: request)
            let channels = try await Self.reading(context) {
                try await self.topChannels.top(limit, where: context.principal.mayUse)
            }
            return try Response.json(["channels": channels])
        }
        group.get("stats/agents") { _, context in
            try Response.json(try await Self.reading(context) { try await self.agents.snapshot() }.agents)
        }
    }

    private static func limit(of request: Request) throws(APIError) -> Int {
        do throws(QueryParameters.Invalid) {
            let parameters = try QueryParameters(request.uri.query, names: ["limit"])
            return try parameters.integer("limit", in: self.topLimit) ?? self.defaultTopLimit
        } catch {
            throw APIError(.badRequest, .statisticsParameters, error.description)
        }
    }

    private static func reading<Result>(_ context: some RequestContext, _ read: () async throws -> Result) async throws -> Result
    {
        do {
            return try await read()
        } catch {
            throw APIError.redis(
                error, .read, .statisticsFailed, action: "the statistics cannot be read", logger: context.logger)
        }
    }
}

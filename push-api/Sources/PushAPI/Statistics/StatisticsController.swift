import Hummingbird
import PushModels
import PushRuntime

/// `/api/v1/stats`: what the agents reported last.
struct StatisticsController: Sendable {
    let repository: StatisticsRepository

    func addRoutes(to group: RouterGroup<APIRequestContext>) {
        let group = group.requiring(.stats)
        group.get("stats/global") { _, context in
            let report: StatisticsReport
            do {
                report = try await self.repository.global()
            } catch {
                throw APIError.redis(
                    error, .read, .statisticsFailed, action: "the statistics cannot be read", logger: context.logger)
            }
            guard !report.isEmpty else {
                throw APIError(
                    .notFound, .statisticsNotFound, "no agent has reported statistics of late: check that push-agent runs")
            }
            return Response.json(bytes: try report.json(withTime: true))
        }
        group.get("stats/channels/:id") { _, context in
            let notFound = APIError(
                .notFound, .statisticsNotFound,
                "no agent has reported this channel of late: it has neither subscribers nor recent messages, or was just created")
            guard let id = context.channelID else { throw notFound }
            try context.principal.requireUse(of: id)
            let report: StatisticsReport
            do {
                report = try await self.repository.channel(id)
            } catch {
                throw APIError.redis(
                    error, .read, .statisticsFailed, action: "the statistics cannot be read", logger: context.logger)
            }
            guard !report.isEmpty else { throw notFound }
            return Response.json(bytes: try report.json(withTime: false))
        }
    }
}

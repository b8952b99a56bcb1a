import Hummingbird
import Metrics
import PushModels
import PushRuntime

/// `/api/v1/channels`: the persistent channels.
struct ChannelsController: Sendable {
    let repository: ChannelRepository
    let cursors: ChannelCursors
    let metrics: APIMetrics

    func addRoutes(to group: RouterGroup<APIRequestContext>) {
        let group = group.requiring(.channels)
        group.post("channels") { request, context in
            let create: CreateChannelRequest
            do {
                create = try CreateChannelRequest(json: try await request.wholeBody(limit: CreateChannelRequest.maximumBodySize))
            } catch let error as InvalidRequestBody {
                throw APIError(error, .channelCreateBody)
            }
            try context.principal.requireUse(of: create.id)
            let record: ChannelRecord?
            do {
                record = try await self.repository.create(create.id, ttl: create.ttl)
            } catch {
                throw APIError.redis(
                    error, .write, .channelCreateFailed, action: "the channel was not created", logger: context.logger)
            }
            guard let record else {
                throw APIError(
                    .badRequest, .channelCreateExists,
                    "this channel exists already: use it as it is, or delete it before you create it with another ttl")
            }
            self.metrics.channelsCreated.increment()
            return try Response.json(ChannelAnswer(record), status: .created)
        }
        group.get("channels") { request, context in
            let list: ChannelListRequest?
            do throws(QueryParameters.Invalid) {
                list = try ChannelListRequest.from(query: request.uri.query) {
                    self.cursors.cursor($0, of: context.principal)
                }
            } catch {
                throw APIError(.badRequest, .channelListParameters, error.description)
            }
            let filter = ChannelFilter(search: list?.search ?? "", principal: context.principal)
            do {
                guard let list else {
                    let records = try await self.repository.list(filter)
                    // It may be long: other connections and Redis' answers must not wait for it on this event loop.
                    return try await withTaskExecutorPreference(globalConcurrentExecutor) {
                        try Response.json(records.map(ChannelAnswer.init))
                    }
                }
                let page = try await self.repository.page(list, filter: filter)
                let cursor = try page.next.map { try self.cursors.text($0, for: context.principal) }
                return try Response.json(ChannelPageAnswer(page, cursor: cursor, showsTotal: !filter.isRestricted))
            } catch {
                throw APIError.redis(
                    error, .read, .channelListFailed, action: "the channels cannot be listed", logger: context.logger)
            }
        }
        group.get("channels/:id") { _, context in
            let notFound = APIError(
                .notFound, .channelGetNotFound, "there is no such channel: create it with POST /api/v1/channels")
            guard let id = context.channelID else { throw notFound }
            try context.principal.requireUse(of: id)
            let record: ChannelRecord?
            do {
                record = try await self.repository.get(id)
            } catch {
                throw APIError.redis(
                    error, .read, .channelGetFailed, action: "the channel cannot be read", logger: context.logger)
            }
            guard let record else { throw notFound }
            return try Response.json(ChannelAnswer(record))
        }
        group.delete("channels/:id") { _, context in
            let notFound = APIError(.notFound, .channelDeleteNotFound, "there is no such channel: it may have expired")
            guard let id = context.channelID else { throw notFound }
            try context.principal.requireUse(of: id)
            do {
                guard try await self.repository.delete(id) else { throw notFound }
            } catch let error as APIError {
                throw error
            } catch {
                throw APIError.redis(
                    error, .write, .channelDeleteFailed, action: "the channel was not deleted", logger: context.logger)
            }
            return Response(status: .noContent)
        }
    }
}

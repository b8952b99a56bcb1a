import PushStreamCore

/// `push_stream_publisher`: publishes, gives counters, deletes.
struct PublisherHandler {
    let context: EngineContext
    let now: Int

    func respond(to request: Request, _ settings: PublisherSettings) -> HTTPResponse {
        var response = answer(request, settings)
        addFields(to: &response, request, settings)
        return response
    }

    /// What every answer of the location has, also to a body that is refused while it comes.
    func addFields(to response: inout HTTPResponse, _ request: Request, _ settings: PublisherSettings) {
        var fields = ModuleFields.noCache
        if let origins = request.text(settings.allowedOrigins), !origins.isEmpty {
            fields += [
                ("Access-Control-Allow-Origin", origins), ("Access-Control-Allow-Methods", methods(settings)),
                ("Access-Control-Allow-Headers", ModuleFields.allowedHeaders),
            ]
        }
        response.leadingFields = fields
    }

    private func methods(_ settings: PublisherSettings) -> String {
        settings.isAdmin ? "GET, POST, PUT, DELETE" : "GET, POST, PUT"
    }

    private func answer(_ request: Request, _ settings: PublisherSettings) -> HTTPResponse {
        switch request.head.method {
        case .options: return HTTPResponse(200)
        case .get, .post, .put: break
        case .delete where settings.isAdmin: break
        default:
            var response = HTTPResponse(405)
            response.fields.append(("Allow", methods(settings)))
            return response
        }
        do throws(StoreError) {
            let names = try SubscriberPath.names(request.evaluate(settings.channelsPath) ?? [])
            switch request.head.method {
            case .get: return try counters(of: names, request)
            case .delete: return try delete(names, request)
            default: return try publish(to: names, request, settings)
            }
        } catch {
            if error.isOutOfMemory {
                let names = try? SubscriberPath.names(request.evaluate(settings.channelsPath) ?? [])
                context.logStoreFull(names ?? [], now: now)
            }
            if error == .outOfMemory { return request.errorPage(500) }
            if error == .noRoomForChannel {
                var response = HTTPResponse(error.status)
                // What the client has sent behind a message that found no room must not overtake it when room comes.
                response.closes = true
                return response
            }
            return .refusal(error)
        }
    }

    private func publish(
        to names: [ChannelName], _ request: Request, _ settings: PublisherSettings
    ) throws(StoreError) -> HTTPResponse {
        let infos: [ChannelStatistics]
        if request.head.bytes(ModuleFields.ensureChannel) != nil {
            infos = try context.store.withTable { table throws(StoreError) in try table.ensure(names, now: now) }
        } else {
            if request.body.isEmpty {
                // The module makes the channels before it looks for a body.
                _ = try context.store.withTable { table throws(StoreError) in try table.ensure(names, now: now) }
                var response = HTTPResponse(400)
                response.fields.append((ModuleFields.explain, "Empty post requests are not allowed."))
                return response
            }
            let draft = MessageDraft(
                text: request.body, eventID: request.head.bytes("event-id"), eventType: request.head.bytes("event-type"))
            infos = try context.store.publish(draft, to: names, stores: settings.storesMessages, now: now)
        }
        return settings.infoOnPublish ? render(infos, request) : HTTPResponse(200)
    }

    private func counters(of names: [ChannelName], _ request: Request) throws(StoreError) -> HTTPResponse {
        let infos = try context.store.withTable { table throws(StoreError) in
            for name in names { try table.check(name) }
            return names.compactMap { table.statistics(of: $0) }
        }
        return infos.isEmpty ? HTTPResponse(404) : render(infos, request)
    }

    private func delete(_ names: [ChannelName], _ request: Request) throws(StoreError) -> HTTPResponse {
        let text = request.body.isEmpty ? nil : request.body
        let count = try context.store.withTable { table throws(StoreError) in try table.delete(names, text: text, now: now) }
        if count == 0 { return HTTPResponse(404) }
        var response = HTTPResponse(200)
        response.fields.append((ModuleFields.explain, "Channel deleted."))
        return response
    }

    private func render(_ infos: [ChannelStatistics], _ request: Request) -> HTTPResponse {
        StatisticsHandler(context: context, now: now).render(infos, request)
    }
}

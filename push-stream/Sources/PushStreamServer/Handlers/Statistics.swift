import NginxConf
import PushStreamCore
import Synchronization

/// `push_stream_channels_statistics`.
struct StatisticsHandler {
    let context: EngineContext
    let now: Int

    func respond(to request: Request, _ channelsPath: ComplexValue?) -> HTTPResponse {
        guard request.head.method == .get else {
            var response = HTTPResponse(405)
            response.fields = ModuleFields.noCache + [("Allow", "GET")]
            return response
        }
        var response: HTTPResponse
        let path = request.evaluate(channelsPath) ?? []
        do throws(StoreError) {
            response = path.isEmpty ? summary(request) : try answer(request, path)
        } catch {
            response = error == .noChannelID ? HTTPResponse(404) : .refusal(error)
        }
        var fields = ModuleFields.noCache
        fields.append((ModuleFields.tag, EngineVersion.moduleVersion))
        fields.append((ModuleFields.commit, "push-stream-\(EngineVersion.number)"))
        if request.head.bytes(ModuleFields.agent) != nil { fields.append((ModuleFields.instance, context.instance)) }
        response.fields.insert(contentsOf: fields, at: 0)
        return response
    }

    private func answer(_ request: Request, _ path: [UInt8]) throws(StoreError) -> HTTPResponse {
        let names = try SubscriberPath.names(path)
        let infos: [ChannelStatistics]? = try context.store.withTable { table throws(StoreError) in
            for name in names {
                if let limit = table.settings.maxChannelIDLength, name.bytes.count > limit { throw .channelIDTooLarge }
                if let star = name.bytes.firstIndex(of: UInt8(ascii: "*")) {
                    return table.statistics(prefix: Array(name.bytes[..<star]))
                }
                if name.bytes.elementsEqual("ALL".utf8) { return table.statistics() }
            }
            return nil
        }
        let format = StatisticsFormat(accept: request.head.text("accept"))
        if let infos {
            let summary = try context.store.withTable { $0.summary(now: now) }
            return HTTPResponse(
                200, contentType: format.contentType,
                text: format.channels(infos, summary: summary, hostname: context.hostname))
        }
        let known = try context.store.withTable { table in names.compactMap { table.statistics(of: $0) } }
        return known.isEmpty ? HTTPResponse(404) : render(known, request)
    }

    /// One channel alone, or a group with a head.
    func render(_ infos: [ChannelStatistics], _ request: Request) -> HTTPResponse {
        let format = StatisticsFormat(accept: request.head.text("accept"))
        if infos.count == 1 { return HTTPResponse(200, contentType: format.contentType, text: format.channel(infos[0])) }
        guard let summary = try? context.store.withTable({ $0.summary(now: now) }) else { return request.errorPage(500) }
        return HTTPResponse(
            200, contentType: format.contentType, text: format.channels(infos, summary: summary, hostname: context.hostname))
    }

    private func summary(_ request: Request) -> HTTPResponse {
        let format = StatisticsFormat(accept: request.head.text("accept"))
        guard let summary = try? context.store.withTable({ $0.summary(now: now) }) else { return request.errorPage(500) }
        // An event loop stands where the module has a worker process, with the id of its thread.
        let workers = zip(context.loops, summary.subscribersPerLoop).map { loop, subscribers in
            StatisticsFormat.Worker(pid: loop.threadID.load(ordering: .relaxed), subscribers: subscribers)
        }
        return HTTPResponse(
            200, contentType: format.contentType, text: format.summary(summary, workers: workers, hostname: context.hostname))
    }
}

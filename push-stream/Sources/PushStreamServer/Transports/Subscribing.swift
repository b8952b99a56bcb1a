import NIOCore
import PushStreamCore
import Synchronization

extension ConnectionHandler {
    /// A request for any transport but WebSocket.
    func subscribe(_ request: Request, _ settings: SubscriberSettings) {
        let subscriberRequest = SubscriberRequest(request: request, settings: settings)
        let cors = subscriberRequest.corsFields
        if request.head.method == .options {
            var response = HTTPResponse(200)
            response.fields = cors
            return finish(response, of: request)
        }
        let fields = cors + ModuleFields.noCache
        guard request.head.method == .get else {
            var response = HTTPResponse(405)
            response.fields = fields + [("Allow", "GET")]
            return finish(response, of: request)
        }
        do throws(StoreError) {
            let channels = try subscriberRequest.channels()
            switch subscriberRequest.mode {
            case .polling: try poll(subscriberRequest, channels, fields)
            case .longPolling: try longPoll(subscriberRequest, channels, fields)
            case .streaming: try stream(subscriberRequest, channels, fields, contentType: request.contentType)
            case .eventSource: try openEventSource(subscriberRequest, channels, fields)
            case .webSocket: finish(request.errorPage(500), of: request)
            }
        } catch {
            if error.isOutOfMemory {
                hub.context.logStoreFull((try? subscriberRequest.channels().map(\.name)) ?? [], now: hub.now)
            }
            var response = HTTPResponse.refusal(error)
            response.fields.insert(contentsOf: fields, at: 0)
            finish(response, of: request)
        }
    }
}

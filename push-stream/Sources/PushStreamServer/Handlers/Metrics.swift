import PushStreamCore
import Synchronization

/// `push_stream_metrics` and `push_stream_health ready`, directives of this engine.
struct MetricsHandler {
    let context: EngineContext
    let now: Int

    func metrics(_ request: Request) -> HTTPResponse {
        if let refusal = refuseOtherMethods(request) { return refusal }
        guard let text = context.metricsText(now: now) else { return request.errorPage(500) }
        return HTTPResponse(200, contentType: "text/plain; version=0.0.4; charset=utf-8", text: text)
    }

    func readiness(_ request: Request) -> HTTPResponse {
        if let refusal = refuseOtherMethods(request) { return refusal }
        let isReady = context.isReady.load(ordering: .relaxed)
        return HTTPResponse(isReady ? 200 : 503, contentType: "text/plain", text: isReady ? "ready\n" : "draining\n")
    }

    private func refuseOtherMethods(_ request: Request) -> HTTPResponse? {
        if request.head.method == .get || request.head.method == .head { return nil }
        var response = request.errorPage(405)
        response.fields.append(("Allow", "GET, HEAD"))
        return response
    }
}

import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// `GET /live-worker.js`: the worker of a page that holds its connection with push-stream.
///
/// Pages may speak with this app alone. A worker has a policy of its own, that of its script: so the one address outside is allowed to it,
/// the address that push-api tells at that moment, which need not be known yet, or may be another one, when the page is loaded.
struct LiveWorkerController: Sendable {
    let status: PushServiceStatus
    let assets: Assets

    func addRoutes(to router: Router<some RequestContext>) {
        router.get("live-worker.js") { _, _ in
            let url = await self.status.report().pushStream?.url
            return Response(
                status: .ok,
                headers: [
                    .contentType: "text/javascript; charset=utf-8", .cacheControl: "no-store",
                    .contentSecurityPolicy: Self.policy(pushStream: url),
                ],
                body: ResponseBody(byteBuffer: ByteBuffer(string: "import \"\(self.assets.root)/js/live-worker.js\";\n")))
        }
    }

    /// - Parameter url: What push-api tells, which is not trusted to be without characters that mean something here.
    static func policy(pushStream url: String?) -> String {
        var origins: [String] = []
        if let parts = url.flatMap({ URLComponents(string: $0) }), let scheme = parts.scheme, let host = parts.host,
            host.unicodeScalars.allSatisfy({
                $0.isASCII && ($0.properties.isAlphabetic || "0123456789.-_:[]".unicodeScalars.contains($0))
            })
        {
            let port = parts.port.map { ":\($0)" } ?? ""
            let socket = scheme == "https" ? "wss" : "ws"
            origins = ["\(scheme)://\(host)\(port)", "\(socket)://\(host)\(port)"]
        }
        return "default-src 'none'; script-src 'self'; connect-src \(origins.isEmpty ? "'none'" : origins.joined(separator: " "))"
    }
}

import HTTPTypes
import Hummingbird
import NIOCore

/// `GET /healthz`, `GET /readyz` and `GET /metrics`, without authentication.
public struct HealthEndpoints: Sendable {
    public static let paths: Set<String> = ["/healthz", "/readyz", "/metrics"]

    private let checks: HealthChecks
    private let registry: PrometheusRegistry

    public init(checks: HealthChecks, registry: PrometheusRegistry) {
        self.checks = checks
        self.registry = registry
    }

    /// Call it on the router itself, not on a group with authentication.
    public func add<Context: RequestContext>(to router: Router<Context>) {
        router.get("healthz") { _, _ in
            Self.json(.ok, "{\"status\":\"alive\"}")
        }
        router.get("readyz") { _, _ in
            let problems = await checks.problems()
            return problems.isEmpty
                ? Self.json(.ok, "{\"status\":\"ready\"}") : Self.json(.serviceUnavailable, Self.body(problems))
        }
        router.get("metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: PrometheusText.contentType],
                body: ResponseBody(byteBuffer: ByteBuffer(string: registry.render())))
        }
    }

    /// `{"status":"not ready","problems":{"redis":"no answer within 1s"}}`
    static func body(_ problems: [HealthChecks.Result]) -> String {
        var bytes = Array("{\"status\":\"not ready\",\"problems\":{".utf8)
        for (index, problem) in problems.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            JSONText.appendString(problem.name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            JSONText.appendString(problem.problem ?? "", to: &bytes)
        }
        bytes.append(contentsOf: "}}".utf8)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func json(_ status: HTTPResponse.Status, _ body: String) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: body)))
    }
}

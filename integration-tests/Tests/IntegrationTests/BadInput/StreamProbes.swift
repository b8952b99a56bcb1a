import Foundation
import IntegrationSupport

/// What push-stream has to refuse.
enum StreamProbes {
    /// Port 9080, where subscribers are.
    static func subscriber(channel: String) -> [Probe] {
        let long = String(repeating: "c", count: 201)
        var probes: [Probe] = []
        for transport in ["sub", "ev", "lp", "jsonp", "ws"] {
            for method in ["POST", "PUT", "PATCH", "DELETE", "TRACE"] {
                let request = HTTPRequest(method, "/\(transport)/\(channel)", text: method == "TRACE" ? "" : "never")
                probes.append(Probe("\(method) /\(transport)", request, [405], fields: ["Allow": "GET"]))
            }
            // A WebSocket is refused after its handshake, as by the module: see the tests of bad frames.
            guard transport != "ws" else { continue }
            func subscribe(_ name: String, _ path: String, _ status: Set<Int>) -> Probe {
                Probe("/\(transport) \(name)", HTTPRequest("GET", "/\(transport)/\(path)"), status)
            }
            probes += [
                subscribe("without a channel", "", [400, 404]),
                subscribe("with an id of 201 characters", long, [400]),
                subscribe("with too many wildcards", "broad_1/broad_2/broad_3/broad_4", [403]),
                subscribe(
                    "with a target of 20 KB",
                    (0..<200).map { "\(channel)\($0)-\(String(repeating: "x", count: 90))" }.joined(separator: "/"),
                    [400, 403, 414]),
            ]
        }
        for (name, fields) in [
            ("without a handshake", []),
            ("without a key", [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")]),
            (
                "with another version",
                [
                    ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "7"),
                    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
                ]
            ),
        ] as [(String, [(name: String, value: String)])] {
            probes.append(Probe("/ws \(name)", HTTPRequest("GET", "/ws/\(channel)", fields: fields), [400, 426]))
        }
        for path in [
            "/", "/pub?id=\(channel)", "/channels-stats", "/channels-stats?id=\(channel)", "/nothing", "/../etc/passwd",
            "/%2e%2e/etc/passwd",
        ] {
            probes.append(Probe("GET \(path)", HTTPRequest("GET", path), [400, 403, 404]))
        }
        probes.append(
            Probe("POST /pub on the public port", HTTPRequest("POST", "/pub?id=\(channel)", text: "never"), [403, 404, 405]))
        return probes + HostileHTTP.probes(posting: "never", to: "/pub?id=\(channel)", fields: "")
    }

    /// The private listener, where the agent publishes.
    static func control(channel: String) -> [Probe] {
        func publish(_ name: String, _ target: String, body: String = "never", _ status: Set<Int>) -> Probe {
            Probe("publish \(name)", HTTPRequest("POST", target, text: body), status)
        }
        var probes = [
            publish("without a channel", "/pub", [400]),
            publish("on an empty channel", "/pub?id=", [400]),
            publish("on ALL", "/pub?id=ALL", [403]),
            publish("on an id of 201 characters", "/pub?id=\(String(repeating: "c", count: 201))", [400]),
            publish("nothing", "/pub?id=\(channel)", body: "", [400]),
            publish("33 KB", "/pub?id=\(channel)", body: String(repeating: "x", count: 33_000), [413]),
            publish("4 MB", "/pub?id=\(channel)", body: String(repeating: "x", count: 4_194_304), [413]),
            publish("on a path that is none", "/nothing", [404]),
            Probe("GET of a channel that is none", HTTPRequest("GET", "/pub?id=\(channel)-none"), [404]),
            Probe("DELETE of a channel that is none", HTTPRequest("DELETE", "/pub?id=\(channel)-none"), [404]),
            Probe("statistics of a channel that is none", HTTPRequest("GET", "/channels-stats?id=\(channel)-none"), [404]),
        ]
        for method in ["PATCH", "TRACE", "PROPFIND"] {
            probes.append(
                Probe(
                    "\(method) /pub", HTTPRequest(method, "/pub?id=\(channel)"), [405],
                    fields: ["Allow": "GET, POST, PUT, DELETE"]))
        }
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            probes.append(
                Probe(
                    "\(method) /channels-stats", HTTPRequest(method, "/channels-stats", text: "never"), [405],
                    fields: ["Allow": "GET"]))
        }
        return probes + HostileHTTP.probes(posting: "never", to: "/pub?id=\(channel)", fields: "")
    }
}

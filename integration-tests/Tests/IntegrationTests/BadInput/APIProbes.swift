import Foundation
import IntegrationSupport

/// What push-api has to refuse.
enum APIProbes {
    /// - Parameters:
    ///   - channel: a channel on which nothing may be published.
    ///   - existing: the id of a persistent channel.
    static func all(credentials: Credentials, channel: String, existing: String) -> [Probe] {
        let authorization = (name: "Authorization", value: credentials.authorization)
        let json = (name: "Content-Type", value: "application/json")

        func post(_ path: String, _ body: [UInt8]) -> HTTPRequest {
            HTTPRequest("POST", path, fields: [authorization, json], body: body)
        }
        func message(_ name: String, _ body: String, _ status: Int = 400, code: Set<Int> = [100, 102]) -> Probe {
            Probe("message: \(name)", post("/api/v1/messages", Array(body.utf8)), [status], code: code)
        }
        func created(_ name: String, _ body: String, _ status: Int = 400, code: Set<Int> = [10]) -> Probe {
            Probe("channel: \(name)", post("/api/v1/channels", Array(body.utf8)), [status], code: code)
        }
        func key(_ name: String, _ body: String, _ status: Int = 400, code: Set<Int> = [300]) -> Probe {
            Probe("key: \(name)", post("/api/v1/keys", Array(body.utf8)), [status], code: code)
        }
        func publish(on id: String) -> String { #"{"channels":["\#(channel)","\#(id)"],"content":"never"}"# }
        func other(_ method: String, _ path: String, _ status: Set<Int>, code: Set<Int> = [], allow: String? = nil) -> Probe {
            Probe(
                "\(method) \(path.prefix(60))", HTTPRequest(method, path, fields: [authorization]), status, code: code,
                fields: allow.map { ["Allow": $0] } ?? [:])
        }

        let valid = #"{"channels":["\#(channel)"],"content":"never"}"#
        var probes = [
            message("empty body", ""),
            message("half an object", #"{"channels":["\#(channel)"],"content":"nev"#),
            message("two objects", valid + valid),
            message("an empty list", "[]"),
            message("a list that ends in a number", "[\(valid),1]"),
            message("a list of lists", "[[\(valid)]]"),
            message("a list with half an object", #"[\#(valid),{"channels":["\#(channel)"],"content":"nev"#),
            message("a list with a message without content", #"[\#(valid),{"channels":["\#(channel)"]}]"#),
            message("a list with a bad channel id", "[\(valid),\(publish(on: "a/b"))]"),
            message("a list of 1,001", "[\(Array(repeating: valid, count: 1_001).joined(separator: ","))]"),
            message("a list over 8 MB", "[\(valid)\(String(repeating: " ", count: 8 << 20))]", 413, code: []),
            message("a string", #""never""#),
            message("a number", "42"),
            message("null", "null"),
            message("no channels", #"{"content":"never"}"#),
            message("no content", #"{"channels":["\#(channel)"]}"#),
            message("channels is a string", #"{"channels":"\#(channel)","content":"never"}"#),
            message("channels holds a number", #"{"channels":["\#(channel)",1],"content":"never"}"#),
            message("channels is empty", #"{"channels":[],"content":"never"}"#),
            message(
                "101 channels",
                #"{"channels":[\#((0...100).map { "\"\(channel)\($0)\"" }.joined(separator: ","))],"content":"never"}"#),
            message("content is a number", #"{"channels":["\#(channel)"],"content":1}"#),
            message("content is null", #"{"channels":["\#(channel)"],"content":null}"#),
            message("content is an object", #"{"channels":["\#(channel)"],"content":{"a":1}}"#),
            message("half a surrogate pair", #"{"channels":["\#(channel)"],"content":"\ud800"}"#),
            message("a raw control character", "{\"channels\":[\"\(channel)\"],\"content\":\"a\u{1}b\"}"),
            message("100,000 open brackets", String(repeating: "[", count: 100_000)),
            message("100,000 open objects", String(repeating: #"{"a":"#, count: 60_000)),
            message(
                "content over 32 KB", #"{"channels":["\#(channel)"],"content":"\#(String(repeating: "x", count: 32_769))"}"#, 413,
                code: [100, 102]),
            message(
                "content over 32 KB encoded",
                #"{"channels":["\#(channel)"],"content":"\#(String(repeating: "ü", count: 5_462))"}"#, 413, code: [100, 102]),
            message(
                "body of 4 MB", #"{"channels":["\#(channel)"],"content":"\#(String(repeating: "x", count: 4_194_304))"}"#, 413),
            message("empty channel id", publish(on: "")),
            message("channel id with a slash", publish(on: "a/b")),
            message("channel id with a blank", publish(on: "a b")),
            message("channel id with a line end", publish(on: "a\\r\\nX-Evil: 1")),
            message("channel id with a zero byte", publish(on: "a\\u0000b")),
            message("channel id with a backtrack", publish(on: "a.b5")),
            message("channel id of 201 characters", publish(on: String(repeating: "c", count: 201))),
            message("channel id ALL", publish(on: "ALL")),
            message("channel id with a wildcard", publish(on: "a*")),
            Probe(
                "message: bad UTF-8",
                post(
                    "/api/v1/messages",
                    Array(#"{"channels":["\#(channel)"],"content":""#.utf8) + [0xC3, 0x28, 0xFF] + Array(#""}"#.utf8)),
                [400], code: [100, 102]),
            Probe(
                "message: UTF-16",
                post("/api/v1/messages", [0xFF, 0xFE] + valid.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }),
                [400], code: [100, 102]),
            created("empty body", ""),
            created("no object", "[]"),
            created("no id", #"{"ttl":60}"#),
            created("id is a number", #"{"id":1,"ttl":60}"#),
            created("id with a slash", #"{"id":"a/b","ttl":60}"#),
            created("empty id", #"{"id":"","ttl":60}"#),
            created("ttl is a string", #"{"id":"never","ttl":"60"}"#),
            created("ttl is negative", #"{"id":"never","ttl":-1}"#),
            created("ttl is a fraction", #"{"id":"never","ttl":1.5}"#),
            created("ttl is beyond a number", #"{"id":"never","ttl":1e400}"#),
            created("it exists", #"{"id":"\#(existing)","ttl":60}"#, code: [11]),
            created("body of 4 MB", #"{"id":"\#(String(repeating: "x", count: 4_194_304))"}"#, 413, code: []),
            key("empty body", ""),
            key("a list", "[]"),
            key("no scopes", #"{"name":"never","scopes":[]}"#),
            key("an unknown scope", #"{"name":"never","scopes":["root"]}"#),
            key("a misspelt field", #"{"name":"never","scopes":["publish"],"channelPrefix":["a"]}"#),
            key("a limit of zero", #"{"name":"never","scopes":["publish"],"limits":{"messagesPerSecond":0}}"#),
            key("body of 4 MB", #"{"name":"\#(String(repeating: "x", count: 4_194_304))"}"#, 413, code: []),
            other("GET", "/api/v1/keys/never", [404], code: [302]),
            other("DELETE", "/api/v1/keys/never", [404], code: [302]),
            other("POST", "/api/v1/keys/never/rotate", [404], code: [302]),
            other("GET", "/api/v1/channels?limit=0", [400], code: [41]),
            other("GET", "/api/v1/channels?cursor=%00", [400], code: [41]),
            other("GET", "/api/v1/stats/top?limit=1000", [400], code: [202]),
            Probe(
                "message: two idempotency keys",
                HTTPRequest(
                    "POST", "/api/v1/messages",
                    fields: [authorization, json, (name: "Idempotency-Key", value: "a"), (name: "Idempotency-Key", value: "b")],
                    body: Array(valid.utf8)), [400], code: [104]),
            other("GET", "/api/v1/channels/never", [404], code: [20]),
            other("DELETE", "/api/v1/channels/never", [404], code: [30]),
            other("GET", "/api/v1/stats/channels/never", [404], code: [200]),
            other("GET", "/api/v1/nothing", [404]),
            other("GET", "/api/v2/messages", [404]),
            other("GET", "/api/v1/channels/%ff%fe", [400, 404]),
            other("GET", "/api/v1/channels/a%2fb", [400, 404]),
            other("GET", "/api/v1/channels/..%2f..%2fetc", [400, 404]),
        ]
        let routes = [
            ("/api/v1/messages", "POST"), ("/api/v1/channels", "GET, HEAD, POST"),
            ("/api/v1/channels/\(existing)", "DELETE, GET, HEAD"),
            ("/api/v1/stats/global", "GET, HEAD"), ("/api/v1/stats/channels/x", "GET, HEAD"), ("/api/v1/config", "GET, HEAD"),
            ("/api/v1/auth", "GET, HEAD"), ("/api/healthcheck", "GET, HEAD"), ("/healthz", "GET, HEAD"),
            ("/metrics", "GET, HEAD"),
        ]
        for (path, allowed) in routes {
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"] where !allowed.contains(method) {
                probes.append(other(method, path, [405], allow: allowed))
            }
        }
        let fields = "Authorization: \(credentials.authorization)\r\nContent-Type: application/json\r\n"
        return probes + HostileHTTP.probes(posting: valid, to: "/api/v1/messages", fields: fields)
    }
}

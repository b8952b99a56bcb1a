import NIOCore
import PushTestSupport
import Testing

@testable import PushAPI

@Suite struct KeyBodiesTests {
    static let badCreations: [String] = [
        "", "{", "[]", "null", "7", "{}",
        #"{"name":"a"}"#, #"{"scopes":["publish"]}"#,
        #"{"name":1,"scopes":["publish"]}"#, #"{"name":null,"scopes":["publish"]}"#,
        #"{"name":"","scopes":["publish"]}"#, #"{"name":"a\nb","scopes":["publish"]}"#,
        #"{"name":"a\u0000","scopes":["publish"]}"#,
        #"{"name":"\#(String(repeating: "é", count: 101))","scopes":["publish"]}"#,
        #"{"name":"a","scopes":[]}"#, #"{"name":"a","scopes":"publish"}"#, #"{"name":"a","scopes":["Publish"]}"#,
        #"{"name":"a","scopes":["publish",null]}"#, #"{"name":"a","scopes":[1]}"#,
        #"{"name":"a","scopes":["publish"],"channelPrefixes":null}"#, #"{"name":"a","scopes":["publish"],"channelPrefixes":"a"}"#,
        #"{"name":"a","scopes":["publish"],"channelPrefixes":[""]}"#,
        #"{"name":"a","scopes":["publish"],"channelPrefixes":["a/b"]}"#,
        #"{"name":"a","scopes":["publish"],"channelPrefixes":["a*"]}"#,
        #"{"name":"a","scopes":["publish"],"channelPrefixes":["a b"]}"#,
        #"{"name":"a","scopes":["publish"],"channelPrefixes":["\#(String(repeating: "é", count: 100))"]}"#,
        #"{"name":"a","scopes":["publish"],"channelPrefixes":[\#((0...20).map { "\"c\($0)\"" }.joined(separator: ","))]}"#,
        #"{"name":"a","scopes":["admin"],"channelPrefixes":["a"]}"#,
        // A misspelt name must not give a key more than was meant.
        #"{"name":"a","scopes":["publish"],"channelprefixes":["a"]}"#,
        #"{"name":"a","scopes":["publish"],"limits":{"messages":1}}"#,
        #"{"name":"a","scopes":["publish"],"limits":[]}"#, #"{"name":"a","scopes":["publish"],"limits":null}"#,
        #"{"name":"a","scopes":["publish"],"limits":{"messagesPerSecond":0}}"#,
        #"{"name":"a","scopes":["publish"],"limits":{"messagesPerSecond":-1}}"#,
        #"{"name":"a","scopes":["publish"],"limits":{"messagesPerSecond":1000001}}"#,
        #"{"name":"a","scopes":["publish"],"limits":{"messagesPerSecond":1.5}}"#,
        #"{"name":"a","scopes":["publish"],"limits":{"messagesPerSecond":"1"}}"#,
        #"{"name":"a","scopes":["publish"],"limits":{"bytesPerSecond":1000000001}}"#,
        #"{"name":"a","scopes":["publish"],"limits":{"bytesPerSecond":99999999999999999999}}"#,
        #"{"name":"a","scopes":["publish"],"ttl":-1}"#, #"{"name":"a","scopes":["publish"],"ttl":null}"#,
        #"{"name":"a","scopes":["publish"],"ttl":"1"}"#, #"{"name":"a","scopes":["publish"],"ttl":315360001}"#,
        #"{"name":"a","scopes":["publish"],"ttl":1e30}"#,
        #"{"name":"a","scopes":["publish"],"key":null}"#, #"{"name":"a","scopes":["publish"],"key":"psk_short"}"#,
        #"{"name":"a","scopes":["publish"],"key":"psk_aaaaaaaaaaa1_\#(String(repeating: "a", count: 43))"}"#,
        String(repeating: "[", count: 10_000), #"{"name":"\ud800","scopes":["publish"]}"#,
    ]

    static let badRotations: [String] = [
        "{", "[]", "1", #"{"previousTTL":-1}"#, #"{"previousTTL":31536001}"#, #"{"previousTTL":"1"}"#, #"{"previousTTL":null}"#,
        #"{"previousTTL":1.5}"#, #"{"previousTTL":99999999999999999999}"#, #"{"previousttl":1}"#,
    ]

    @Test(arguments: badCreations) func refusesBadCreations(body: String) {
        #expect(throws: InvalidRequestBody.self) { try CreateKeyRequest(json: ByteBuffer(string: body)) }
    }

    @Test(arguments: badRotations) func refusesBadRotations(body: String) {
        #expect(throws: InvalidRequestBody.self) { try RotateKeyRequest(json: ByteBuffer(string: body)) }
    }

    @Test func takesTheLargest() throws {
        let prefixes = (10..<30).map { "\"\($0)\(String(repeating: "x", count: 197))\"" }.joined(separator: ",")
        let body = """
            {"name":"\(String(repeating: "é", count: 100))","scopes":["stats","channels","publish","publish"],
             "channelPrefixes":[\(prefixes)],"ttl":315360000,
             "limits":{"messagesPerSecond":1000000,"bytesPerSecond":1000000000}}
            """
        let request = try CreateKeyRequest(json: ByteBuffer(string: body))
        #expect(request.scopes == [.publish, .channels, .stats])
        #expect(request.channelPrefixes.count == 20)
        #expect(request.limits == RateLimits(messagesPerSecond: 1_000_000, bytesPerSecond: 1_000_000_000))
        #expect(request.ttl == 315_360_000)
    }

    @Test func readsNullAsNoLimitAndPrefixesByBytes() throws {
        let body = #"{"name":"a","scopes":["publish"],"limits":{"messagesPerSecond":null},"channelPrefixes":["é","e\u0301","é"]}"#
        let request = try CreateKeyRequest(json: ByteBuffer(string: body))
        #expect(request.limits == .none)
        #expect(request.channelPrefixes.map { Array($0.utf8) } == [Array("\u{e9}".utf8), Array("e\u{301}".utf8)])
    }

    @Test func aRotationNeedsNoBody() throws {
        #expect(try RotateKeyRequest(json: ByteBuffer()).previousTTL == 86_400)
        #expect(try RotateKeyRequest(json: ByteBuffer(string: "{}")).previousTTL == 86_400)
        #expect(try RotateKeyRequest(json: ByteBuffer(string: #"{"previousTTL":0}"#)).previousTTL == 0)
    }
}

extension LiveTests {
    @Suite struct HostileKeyRequestTests {
        @Test func badBodiesChangeNothing() async throws {
            try await withAPI { (api) async throws in
                let key = try await api.createKey(["publish"])
                let before = try await api.record(key)
                var requests: [(path: String, body: [UInt8], code: Int)] = []
                requests += KeyBodiesTests.badCreations.map { ("/api/v1/keys", Array($0.utf8), 300) }
                requests += KeyBodiesTests.badRotations.map { ("/api/v1/keys/\(key.id)/rotate", Array($0.utf8), 304) }
                requests += [("/api/v1/keys", [0xFF, 0xFE], 300), ("/api/v1/keys", [0x7B, 0x00, 0x7D, 0x00], 300)]
                for (path, body, code) in requests {
                    let answer = try await api.http.request("POST", path, bytes: body)
                    let sent = String(decoding: body.prefix(80), as: UTF8.self)
                    #expect(answer.status == 400, "\(sent)")
                    #expect(answer.code == code, "\(sent)")
                    #expect(answer.message?.isEmpty == false)
                }
                for (path, code) in [("/api/v1/keys", 300), ("/api/v1/keys/\(key.id)/rotate", 304)] {
                    let bytes = [UInt8](repeating: UInt8(ascii: " "), count: CreateKeyRequest.maximumBodySize + 1)
                    let answer = try await api.http.request("POST", path, bytes: bytes)
                    #expect(answer.status == 413)
                    #expect(answer.code == code)
                }
                let keys = try await api.http.request("GET", "/api/v1/keys").list()
                #expect(keys.count == 1)
                #expect(try await api.record(key) == before)
            }
        }

        @Test func hostileIDsAreUnknown() async throws {
            try await withAPI { (api) async throws in
                _ = try await api.createKey(["publish"])
                let ids = [
                    "a", "aaaaaaaaaaaa.used", "AAAAAAAAAAAA", "aaaaaaaaaaa1", "%00aaaaaaaaaaa", "..%2f..", "*",
                    "aaaaaaaaaaaa%0d%0aX:1",
                    String(repeating: "a", count: 5000), "%ff%ff", "aaaaaaaaaaa%C3%A9",
                ]
                for id in ids {
                    for (method, path) in [("GET", ""), ("DELETE", ""), ("POST", "/rotate")] {
                        let answer = try await api.http.request(method, "/api/v1/keys/\(id)\(path)")
                        #expect(answer.status == 404, "\(method) \(id)")
                        #expect(answer.code == 302, "\(method) \(id)")
                    }
                }
                #expect(try await api.http.request("GET", "/api/v1/keys").list().count == 1)
            }
        }

        @Test func hostileAuthorizationHeadersAre401() async throws {
            try await withAPI(["server.trusted_proxies": "127.0.0.0/8"]) { (api) async throws in
                let headers = [
                    "Bearer", "Bearer ", "Bearer\tpsk_", "Bearer \(String(repeating: "a", count: 10_000))", "Basic", "Basic Og==",
                    "Basic \(String(repeating: "QUFB", count: 2_000))", "Negotiate abc", "psk_aaaaaaaaaaaa_", ",", "=",
                    "Bearer psk_aaaaaaaaaaaa_\(String(repeating: "\u{e9}", count: 21))a",
                ]
                for (index, header) in headers.enumerated() {
                    for forwarded in ["192.0.2.\(index)", "nonsense, 198.51.100.\(index)", "[2001:db8:\(index)::1]:80"] {
                        let answer = try await HTTPClient(port: api.http.port, authorization: header).request(
                            "GET", "/api/v1/auth", headers: ["X-Forwarded-For: \(forwarded)"])
                        #expect(answer.status == 401, "\(header.prefix(60))")
                    }
                }
                #expect(try await api.http.request("GET", "/api/v1/auth").status == 200)
            }
        }
    }
}

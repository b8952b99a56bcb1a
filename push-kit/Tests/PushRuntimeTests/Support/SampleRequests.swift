/// Requests to `POST /sample`, the direct route, and others; right ones, and all ways to get one wrong that a parser may stumble over.
enum SampleRequests {
    static func post(_ body: String, path: String = "/sample", version: String = "HTTP/1.1", headers: [String] = []) -> String {
        (["POST \(path) \(version)", "Host: a"] + headers + ["Content-Length: \(body.utf8.count)", "", body])
            .joined(separator: "\r\n")
    }

    /// Without a `Content-Length` of its own.
    private static func bare(_ headers: [String], _ body: String = "body") -> String {
        (["POST /sample HTTP/1.1", "Host: a"] + headers + ["", body]).joined(separator: "\r\n")
    }

    static let get = "GET /other HTTP/1.1\r\nHost: a\r\n\r\n"

    static let right = [
        post("direct"), post("empty"), post("routed"), post(""), get, post("x", path: "/sample?a=b"), post("x", path: "/other"),
        post("é\r\n\r\n"), post("a\r\n\r\nPOST /sample HTTP/1.1\r\n"),
        post("x", headers: ["X-Request-ID: mine", "X-Read: 1", "x-read: 2", "AUTHORIZATION:   Bearer x", "Accept: */*"]),
        post("x", headers: ["X-Request-ID: in sane"]), post("x", headers: ["X-Request-ID: a", "X-Request-ID: b"]),
        post("x", headers: ["Connection: keep-alive"]), post("x", headers: ["connection: Keep-Alive"]),
        post("x", headers: ["Connection: close"]), post("x", headers: ["Connection: keep-alive, close"]),
        post("x", headers: ["Connection: TE", "TE: trailers"]), post("x", headers: ["Proxy-Connection: close"]),
        post("x", headers: ["Expect: 100-continue"]), post("x", headers: ["Connection: upgrade", "Upgrade: websocket"]),
        post("x", headers: ["Upgrade: h2c"]), post("x", version: "HTTP/1.0"),
        post("x", version: "HTTP/1.0", headers: ["Connection: keep-alive"]),
        post("x", headers: ["X-Read:", "X-Empty: "]), post("x", headers: ["X-Read: a  ", "X-Read: \tb\t"]),
        post("x", headers: ["X-Read: é"]), post("x", headers: ["X_Under!#$%&'*+-.^`|~: 1"]),
        bare(["Transfer-Encoding: chunked"], "6\r\ndirect\r\n0\r\n\r\n"),
        bare(["Transfer-Encoding: chunked", "Trailer: X-Read"], "6\r\ndirect\r\n0\r\nX-Read: 1\r\n\r\n"),
        bare(["Content-Length: 04"]), bare(["content-length:4"]), bare([], ""), "\r\n\r\n" + post("x"),
        "DELETE /sample HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        "HEAD /other HTTP/1.1\r\nHost: a\r\n\r\n", "POST http://a/sample HTTP/1.1\r\nContent-Length: 1\r\n\r\nx",
        "POST /sample HTTP/1.1\r\nContent-Length: 1\r\n\r\nx",
    ]

    static let broken = [
        bare(["Content-Length: 4", "Content-Length: 4"]), bare(["Content-Length: 4", "Content-Length: 5"]),
        bare(["Content-Length: 4, 4"]), bare(["Content-Length: +4"]), bare(["Content-Length: -4"]), bare(["Content-Length: 0x4"]),
        bare(["Content-Length: 4 "]), bare(["Content-Length: 4\t"]), bare(["Content-Length:"]), bare(["Content-Length: four"]),
        bare(["Content-Length: 4 4"]), bare(["Content-Length: 99999999999999999999"]), bare(["Content-Length : 4"]),
        bare(["Content-Length: 4", "Transfer-Encoding: chunked"], "4\r\nbody\r\n0\r\n\r\n"),
        bare(["Transfer-Encoding: chunked", "Content-Length: 4"], "4\r\nbody\r\n0\r\n\r\n"),
        bare(["Transfer-Encoding: gzip, chunked"], "4\r\nbody\r\n0\r\n\r\n"), bare(["Transfer-Encoding: chunked"], "zz\r\n"),
        bare(["Transfer-Encoding: identity", "Content-Length: 4"]), bare([" X-Read: folded", "Content-Length: 4"]),
        bare(["X-Read: 1", "  folded", "Content-Length: 4"]), bare([": nameless", "Content-Length: 4"]),
        bare(["X-Read", "Content-Length: 4"]), bare(["X-Read : 1", "Content-Length: 4"]),
        bare(["X-Read: a\u{0}b", "Content-Length: 4"]), bare(["X-Read: a\u{7F}b", "Content-Length: 4"]),
        bare(["X-Read: a\rb", "Content-Length: 4"]), bare(["X-Read: a\nContent-Length: 9", "Content-Length: 4"]),
        bare(["X-Ré: 1", "Content-Length: 4"]), "POST /sample HTTP/1.1\nHost: a\nContent-Length: 4\n\nbody",
        "POST /sample HTTP/1.1\r\rContent-Length: 4\r\n\r\nbody", post("x", version: "HTTP/2.0"), post("x", version: "HTTP/1.1 "),
        post("x", version: "HTTP/9"), post("x", version: ""), "POST  /sample HTTP/1.1\r\nContent-Length: 1\r\n\r\nx",
        "POST /sam ple HTTP/1.1\r\nContent-Length: 1\r\n\r\nx", "POST /sam\u{1}ple HTTP/1.1\r\nContent-Length: 1\r\n\r\nx",
        "post /sample HTTP/1.1\r\nContent-Length: 1\r\n\r\nx", "FROB /sample HTTP/1.1\r\nContent-Length: 1\r\n\r\nx",
        "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ]

    /// At and beyond the limits of the route and of the reader.
    static let large = [
        post(String(repeating: "b", count: 400)), post(String(repeating: "b", count: 401)),
        post("x", headers: ["X-Read: \(String(repeating: "v", count: 9000))"]),
        post("x", headers: ["X-Read: \(String(repeating: "v", count: 17_000))"]),
        post("x", headers: (0..<62).map { "X-\($0): 1" }), post("x", headers: (0..<64).map { "X-\($0): 1" }),
        post("x", headers: (0..<120).map { "X-\($0): 1" }), post("x", path: "/" + String(repeating: "p", count: 20_000)),
        bare([
            "X-A: \(String(repeating: "a", count: 15_000))", "X-B: \(String(repeating: "b", count: 15_000))", "Content-Length: 4",
        ]),
    ]
}

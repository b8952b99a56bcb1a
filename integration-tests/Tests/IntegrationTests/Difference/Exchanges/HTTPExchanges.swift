extension ExchangeGroup {
    private static func raw(_ text: String) -> [Step] {
        [.request(method: "GET", text: text, on: "main"), .wait(.response, on: "main")]
    }

    @ListBuilder<Exchange> static var httpExchanges: [Exchange] {
        for status in [200, 201, 204, 403, 404, 500] {
            Exchange("return \(status)") { get("/return\(status)") }
            Exchange("return \(status) with a text") { get("/text\(status)") }
        }
        Exchange("return 301 with a place") { get("/return301") }
        Exchange("server that does not tell its version") {
            get("/untold")
            get("/untold/none")
        }
        Exchange("no such location") { get("/none") }
        Exchange("no such location with POST") { request("POST", "/none", body: "x") }
        Exchange("request without Host") { raw("GET /alive HTTP/1.1\r\n\r\n") }
        Exchange("request with two Hosts") { raw("GET /alive HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n") }
        Exchange("request in HTTP/1.0 without Host") { raw("GET /alive HTTP/1.0\r\n\r\n") }
        Exchange("request in HTTP/2.0") { raw("GET /alive HTTP/2.0\r\nHost: a\r\n\r\n") }
        Exchange("request that is nonsense") { raw("nonsense\r\n\r\n") }
        Exchange("request line with a control character") { raw("GET /al\u{1}ive HTTP/1.1\r\nHost: a\r\n\r\n") }
        Exchange("method in small letters") { raw("get /alive HTTP/1.1\r\nHost: a\r\n\r\n") }
        Exchange("empty line before a request") { raw("\r\nGET /alive HTTP/1.1\r\nHost: a\r\n\r\n") }
        Exchange("lines that end with LF alone") { raw("GET /alive HTTP/1.1\nHost: a\n\n") }
        Exchange("field without colon") { raw("GET /alive HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n") }
        Exchange("field name with an underscore") { raw("GET /alive HTTP/1.1\r\nHost: a\r\nEvent_Id: 1\r\n\r\n") }
        Exchange("field with a space before the colon") { raw("GET /alive HTTP/1.1\r\nHost: a\r\nEvent-Id : 1\r\n\r\n") }
        Exchange("folded field") { raw("GET /alive HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n 2\r\n\r\n") }
        Exchange("two content lengths") {
            raw("POST /pub?id=@ HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx")
        }
        Exchange("content length that is none") { raw("POST /pub?id=@ HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n") }
        Exchange("content length below zero") { raw("POST /pub?id=@ HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n") }
        Exchange("content length and chunks") {
            raw("POST /pub?id=@ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        }
        Exchange("transfer coding that is none") {
            raw("POST /pub?id=@ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n")
        }
        Exchange("chunk size that is none") {
            raw("POST /pub?id=@ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n")
        }
        Exchange("chunks with extensions and trailers") {
            raw(
                "POST /pub?id=@ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nX-Trailer: 1\r\n\r\n"
            )
        }
        Exchange("chunked request in HTTP/1.0") {
            raw("POST /pub?id=@ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
        }
        Exchange("absolute target") { raw("GET http://localhost/alive HTTP/1.1\r\nHost: a\r\n\r\n") }
        Exchange("target with dots") { get("/x/../alive") }
        Exchange("target that leaves the root") { get("/../alive") }
        Exchange("target with doubled slashes") { get("//alive") }
        Exchange("percent-encoded target") { get("/%61live") }
        Exchange("target with a bad percent") { get("/%zzalive") }
        Exchange("target with NUL") { get("/alive%00") }
        Exchange("target with a fragment") { get("/alive#x") }
        Exchange("asterisk target") { raw("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n") }
        Exchange("request line that is too long") { get("/\(String(repeating: "a", count: 9000))") }
        Exchange("field that is too long") { get("/alive", ["X-A: \(String(repeating: "a", count: 9000))"]) }
        Exchange("Connection close in another case") { get("/alive", ["connection: Close"]) }
        Exchange("Connection with several tokens") { get("/alive", ["Connection: keep-alive, close"]) }
        Exchange("HTTP/1.0 with keep-alive") { request("GET", "/alive", ["Connection: keep-alive"], version: "1.0") }
        Exchange("three requests in one piece") {
            Step.request(
                method: "GET",
                text: ["/alive", "/none", "/alive"].map { "GET \($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined(),
                on: "main")
            response("main")
            response("main")
            response("main")
        }
        Exchange("request in pieces") {
            Step.request(method: "GET", text: "GET /al", on: "main")
            Step.sendText("ive HTTP/1.1\r\nHo", on: "main")
            Step.sendText("st: a\r\n\r", on: "main")
            Step.sendText("\n", on: "main")
            response("main")
        }
        Exchange("body in pieces") {
            Step.request(
                method: "POST", text: "POST /pub?id=@ HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello", on: "main")
            Step.sendText("world", on: "main")
            response("main")
        }
        Exchange("body that stops short") {
            Step.request(
                method: "POST", text: "POST /pub?id=@ HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello", on: "main")
            Step.finishSending(on: "main")
            end("main")
            get("/stats?id=@", on: "other")
        }
        Exchange("client that says nothing and leaves") {
            Step.sendText("", on: "main")
            Step.finishSending(on: "main")
            end("main")
        }
        Exchange("head that stops short") {
            Step.request(method: "GET", text: "GET /alive HTTP/1.1\r\nHo", on: "main")
            Step.finishSending(on: "main")
            end("main")
        }
        Exchange("client that has sent all before the answer") {
            Step.request(method: "GET", text: "GET /alive HTTP/1.1\r\nHost: a\r\n\r\n", on: "main")
            Step.finishSending(on: "main")
            response("main")
            end("main")
        }
        Exchange("conditional request for figures") {
            get("/stats?id=@", ["If-Modified-Since: {now-10}", "If-None-Match: W/1"])
        }
        Exchange("range of figures") { get("/stats?id=@", ["Range: bytes=0-1"]) }
        Exchange("argument name in capitals") { request("POST", "/pub?ID=@", body: "hello") }
        Exchange("argument twice") { request("POST", "/pub?id=@a&id=@b", body: "hello") }
        Exchange("argument after others") { request("POST", "/pub?x=1&id=@&y", body: "hello") }
        Exchange("expectation that is unknown") { request("POST", "/pub?id=@", ["Expect: miracles"], body: "hello") }
        Exchange("Expect with a body that comes later") {
            Step.request(
                method: "POST", text: "POST /pub?id=@ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
                on: "main")
            Step.sendText("hello", on: "main")
            response("main")
        }
    }
}

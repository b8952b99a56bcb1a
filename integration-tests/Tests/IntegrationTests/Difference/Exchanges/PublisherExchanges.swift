extension ExchangeGroup {
    @ListBuilder<Exchange> static var publisherExchanges: [Exchange] {
        Exchange("publish") { request("POST", "/pub?id=@", body: "hello") }
        Exchange("publish with PUT") { request("PUT", "/pub?id=@", body: "hello") }
        Exchange("publish without channel id") { request("POST", "/pub", body: "") }
        Exchange("publish with empty channel id") { request("POST", "/pub?id=", body: "") }
        Exchange("publish to a slash") { request("POST", "/pub?id=/", body: "hello") }
        Exchange("publish to ALL") { request("POST", "/pub?id=ALL", body: "") }
        Exchange("publish to an id with a star") { request("POST", "/pub?id=@*", body: "") }
        Exchange("publish to a too long id") { request("POST", "/pub?id=\(String(repeating: "c", count: 201))", body: "") }
        Exchange("publish to an id of the greatest length") {
            request("POST", "/pub?id=\(String(repeating: "c", count: 200))", body: "hello")
        }
        Exchange("refused publish with a body") { request("POST", "/pub?id=ALL", body: "hello") }
        Exchange("refused publish with a body that looks like a request") {
            request("POST", "/pub?id=ALL", body: "GET /alive HTTP/1.1\r\nHost: localhost\r\n\r\n")
        }
        Exchange("refused publish with Connection close") { request("POST", "/pub?id=ALL", ["Connection: close"], body: "hello") }
        Exchange("publish too much in chunks with allowed origin") {
            request(
                "POST", "/origin?id=@", ["Transfer-Encoding: chunked"],
                body: "401\r\n\(String(repeating: "x", count: 1025))\r\n0\r\n\r\n")
        }
        Exchange("publish nothing makes no message") {
            request("POST", "/pub?id=@", body: "")
            get("/stats?id=@")
        }
        Exchange("publish nothing") { request("POST", "/pub?id=@", body: "") }
        Exchange("publish without content length") { request("POST", "/pub?id=@") }
        Exchange("publish too much") { request("POST", "/pub?id=@", body: String(repeating: "x", count: 1025)) }
        Exchange("publish as much as is allowed") { request("POST", "/pub?id=@", body: String(repeating: "x", count: 1024)) }
        Exchange("publish in chunks") {
            request("POST", "/pub?id=@", ["Transfer-Encoding: chunked"], body: "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
            subscribe("sub", "/sub/@.b1")
            receive("sub", "hello world")
        }
        Exchange("publish no chunks") { request("POST", "/pub?id=@", ["Transfer-Encoding: chunked"], body: "0\r\n\r\n") }
        Exchange("publish too much in chunks") {
            request(
                "POST", "/pub?id=@", ["Transfer-Encoding: chunked"],
                body: "401\r\n\(String(repeating: "x", count: 1025))\r\n0\r\n\r\n")
        }
        Exchange("publish with Expect") {
            request("POST", "/pub?id=@", ["Expect: 100-continue"], body: "hello")
        }
        Exchange("publish to several channels") {
            request("POST", "/pub?id=@a/@b/@c", body: "hello")
            get("/pub?id=@a")
            get("/pub?id=@c")
        }
        Exchange("publish to one channel twice in one request") {
            request("POST", "/pub?id=@/@", body: "hello")
            get("/pub?id=@")
        }
        Exchange("publish with backtrack in the id") {
            request("POST", "/pub?id=@.b5", body: "hello")
            get("/pub?id=@")
        }
        Exchange("GET of an unknown channel") { get("/pub?id=@") }
        Exchange("GET of a known channel") {
            publish("/pub?id=@", "hello")
            get("/pub?id=@")
        }
        Exchange("GET of several channels") {
            publish("/pub?id=@a/@b", "hello")
            get("/pub?id=@a/@b")
        }
        Exchange("GET of several channels, one unknown") {
            publish("/pub?id=@a", "hello")
            get("/pub?id=@a/@b")
        }
        Exchange("GET without channel id") { get("/pub") }
        Exchange("GET of ALL at a publisher") { get("/pub?id=ALL") }
        Exchange("HEAD at a publisher") { request("HEAD", "/pub?id=@") }
        Exchange("DELETE at a normal publisher") { request("DELETE", "/pub?id=@") }
        Exchange("OPTIONS at a publisher") { request("OPTIONS", "/pub?id=@") }
        Exchange("PATCH at a publisher") { request("PATCH", "/pub?id=@") }
        Exchange("PATCH at an admin publisher") { request("PATCH", "/admin?id=@") }
        Exchange("unknown method at a publisher") { request("FROBNICATE", "/pub?id=@") }
        Exchange("DELETE of an unknown channel") { request("DELETE", "/admin?id=@") }
        Exchange("DELETE of a channel") {
            publish("/admin?id=@", "hello")
            request("DELETE", "/admin?id=@")
            get("/admin?id=@")
        }
        Exchange("DELETE of several channels") {
            publish("/admin?id=@a/@b", "hello")
            request("DELETE", "/admin?id=@a/@b")
            get("/stats?id=@a/@b")
        }
        Exchange("DELETE of several channels, one unknown") {
            publish("/admin?id=@a", "hello")
            request("DELETE", "/admin?id=@a/@b")
            get("/stats?id=@a/@b")
        }
        Exchange("DELETE of a channel with subscriber") {
            subscribe("sub", "/all/@")
            request("DELETE", "/admin?id=@")
            response("sub")
        }
        Exchange("DELETE with a text of its own") {
            subscribe("sub", "/all/@")
            request("DELETE", "/admin?id=@", body: "so long")
            response("sub")
        }
        Exchange("DELETE of one of a subscriber's channels") {
            subscribe("sub", "/all/@a/@b")
            request("DELETE", "/admin?id=@a")
            receive("sub", "Channel deleted")
            publish("/admin?id=@b", "still here")
            receive("sub", "still here")
            request("DELETE", "/admin?id=@b")
            response("sub")
        }
        Exchange("DELETE without channel id") { request("DELETE", "/admin") }
        Exchange("DELETE of ALL") { request("DELETE", "/admin?id=ALL") }
        Exchange("publish without info") { request("POST", "/quiet?id=@", body: "hello") }
        Exchange("publish without info to several") { request("POST", "/quiet?id=@a/@b", body: "hello") }
        Exchange("publish without storing") {
            request("POST", "/forget?id=@", body: "hello")
            get("/forget?id=@")
        }
        Exchange("publish with allowed origin") { request("POST", "/origin?id=@", body: "hello") }
        Exchange("OPTIONS with allowed origin") { request("OPTIONS", "/origin?id=@") }
        Exchange("OPTIONS with allowed origin at an admin publisher") {
            request("OPTIONS", "/adminorigin?id=@&origin=http%3A%2F%2Fa.example")
        }
        Exchange("allowed origin that is empty") { request("OPTIONS", "/adminorigin?id=@") }
        Exchange("PATCH with allowed origin") { request("PATCH", "/origin?id=@") }
        Exchange("refused publish with allowed origin") { request("POST", "/origin?id=ALL", body: "") }
        Exchange("publish with Event-Id and Event-Type") {
            request("POST", "/pub?id=@", ["Event-Id: one", "Event-Type: greeting"], body: "hello")
            subscribe("sub", "/all/@.b1")
            receive("sub", "hello")
        }
        Exchange("publish answers in plain text") { request("POST", "/pub?id=@", ["Accept: text/plain"], body: "hello") }
        Exchange("publish answers in XML") { request("POST", "/pub?id=@", ["Accept: application/xml"], body: "hello") }
        Exchange("publish answers in YAML") { request("POST", "/pub?id=@", ["Accept: application/yaml"], body: "hello") }
        Exchange("publish to several answers in plain text") {
            request("POST", "/pub?id=@a/@b", ["Accept: text/plain"], body: "hello")
        }
        Exchange("publish in HTTP/1.0") { request("POST", "/pub?id=@", body: "hello", version: "1.0") }
        Exchange("publish in HTTP/1.0 with keep-alive") {
            request("POST", "/pub?id=@", ["Connection: keep-alive"], body: "hello", version: "1.0")
        }
        Exchange("publish and close") { request("POST", "/pub?id=@", ["Connection: close"], body: "hello") }
        Exchange("publish twice on one connection") {
            request("POST", "/pub?id=@", body: "one")
            request("POST", "/pub?id=@", body: "two")
        }
        Exchange("publish pipelined") {
            Step.request(
                method: "POST",
                text: Requests.text("POST", "/pub?id=@", [], "one") + Requests.text("POST", "/pub?id=@", [], "two")
                    + Requests.text("GET", "/pub?id=@", [], nil), on: "main")
            response("main")
            response("main")
            response("main")
        }
        Exchange("percent-encoded id") {
            request("POST", "/pub?id=@%20%C3%A9", body: "hello")
            get("/pub?id=@%20%C3%A9")
            get("/stats?id=@%20é")
        }
        Exchange("id with a quote") { request("POST", "/pub?id=@%22x", body: "hello") }
        Exchange("plus in an id") { request("POST", "/pub?id=@+x", body: "hello") }
        Exchange("slash encoded in an id") { request("POST", "/pub?id=@a%2F@b", body: "hello") }
        Exchange("NUL in an id") { request("POST", "/pub?id=@%00x", body: "hello") }
        Exchange("bad UTF-8 in an id") { request("POST", "/pub?id=@%FFx", body: "hello") }
        Exchange("control character in an id") { request("POST", "/pub?id=@%01x", body: "hello") }
        Exchange("wildcard channel published") { request("POST", "/pub?id=broad_@", body: "hello") }
    }
}

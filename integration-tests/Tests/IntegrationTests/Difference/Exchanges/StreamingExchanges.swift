extension ExchangeGroup {
    @ListBuilder<Exchange> static var streamingExchanges: [Exchange] {
        Exchange("streaming") {
            begin("sub", "/sub/@")
            subscribers(1)
            publish("/pub?id=@", "hello")
            receive("sub", "hello")
        }
        Exchange("streaming of nothing") {
            begin("sub", "/sub/@")
            silence("sub")
        }
        Exchange("streaming with all tokens") {
            subscribe("sub", "/all/@")
            publish("/pub?id=@", "hello", ["Event-Id: 7", "Event-Type: t"])
            receive("sub", "}")
            publish("/pub?id=@", "again")
            receive("sub", "}")
        }
        Exchange("template file and odd tokens") {
            subscribe("sub", "/file/@")
            publish("/pub?id=@", "hello")
            receive("sub", "hello\r\n")
        }
        Exchange("streaming in HTTP/1.0") {
            subscribe("sub", "/short/@", version: "1.0")
            publish("/pub?id=@", "hello")
            end("sub")
        }
        Exchange("streaming until the time is over") {
            subscribe("sub", "/short/@")
            response("sub")
        }
        Exchange("streaming that ends and serves the next request") {
            subscribe("sub", "/short/@")
            response("sub")
            get("/stats?id=@", on: "sub")
        }
        Exchange("streaming with Connection close") {
            subscribe("sub", "/short/@", ["Connection: close"])
            end("sub")
        }
        Exchange("streaming with pings") {
            subscribe("sub", "/ping/@")
            receive("sub", "-1")
            receive("sub", "-1")
        }
        Exchange("streaming of several channels") {
            subscribe("sub", "/all/@a/@b")
            publish("/pub?id=@b", "one")
            receive("sub", "one")
            publish("/pub?id=@a/@b", "two")
            receive("sub", "two")
            receive("sub", "two")
        }
        Exchange("backtrack") {
            publish("/pub?id=@", "one")
            publish("/pub?id=@", "two")
            publish("/pub?id=@", "three")
            subscribe("sub", "/all/@.b2")
            receive("sub", "three")
        }
        Exchange("backtrack beyond what is stored") {
            publish("/pub?id=@", "one")
            subscribe("sub", "/all/@.b20")
            receive("sub", "one")
        }
        Exchange("backtrack of several channels") {
            publish("/pub?id=@a", "a1")
            publish("/pub?id=@b", "b1")
            publish("/pub?id=@a", "a2")
            publish("/pub?id=@b", "b2")
            subscribe("sub", "/all/@a.b1/@b.b2")
            publish("/pub?id=@a", "last")
            receive("sub", "last")
        }
        Exchange("subscribe to one channel twice") {
            publish("/pub?id=@", "one")
            subscribe("sub", "/all/@.b1/@")
            publish("/pub?id=@", "two")
            receive("sub", "two")
            publish("/pub?id=@", "three")
            receive("sub", "three")
        }
        Exchange("subscribe with POST") { request("POST", "/sub/@") }
        Exchange("subscribe with HEAD") { request("HEAD", "/sub/@") }
        Exchange("subscribe with OPTIONS") { request("OPTIONS", "/sub/@") }
        Exchange("subscribe with OPTIONS from an allowed origin") { request("OPTIONS", "/origin-sub/@") }
        Exchange("subscribe with PUT from an allowed origin") { request("PUT", "/origin-sub/@") }
        Exchange("subscribe from an allowed origin") {
            begin("sub", "/origin-sub/@", ["Origin: http://example.com"])
            subscribers(1)
            publish("/pub?id=@", "hello")
            receive("sub", "hello")
        }
        Exchange("subscribe to nothing") { get("/sub/") }
        Exchange("subscribe to ALL") { get("/sub/ALL") }
        Exchange("subscribe to a star") { get("/sub/@*") }
        Exchange("subscribe to a too long id") { get("/sub/\(String(repeating: "c", count: 201))") }
        Exchange("subscribe to wildcard channels alone") { get("/sub/broad_@") }
        Exchange("subscribe to a wildcard channel and another") {
            begin("sub", "/sub/@/broad_@")
            subscribers(1, of: "broad_@")
            publish("/pub?id=broad_@", "to all")
            receive("sub", "to all")
        }
        Exchange("subscribe to too many wildcard channels") { get("/sub/@/broad_@a/broad_@b/broad_@c") }
        Exchange("authorized channel that holds nothing") { get("/authorized/@") }
        Exchange("authorized channel that holds a message") {
            publish("/pub?id=@", "hello")
            subscribe("sub", "/authorized/@.b1")
            receive("sub", "hello")
        }
        Exchange("authorized channel with a wildcard channel") {
            publish("/pub?id=@", "hello")
            subscribe("sub", "/authorized/@.b1/broad_@")
            receive("sub", "hello")
        }
        Exchange("authorized wildcard channel alone") { get("/authorized/broad_@") }
    }
}

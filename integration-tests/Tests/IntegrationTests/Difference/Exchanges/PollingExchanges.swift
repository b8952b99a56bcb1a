extension ExchangeGroup {
    private static let polling = ["X-Nginx-PushStream-Mode: polling"]

    @ListBuilder<Exchange> static var pollingExchanges: [Exchange] {
        Exchange("poll of an unknown channel") { get("/poll/@") }
        Exchange("poll of a channel without messages") {
            publish("/forget?id=@", "gone")
            get("/poll/@")
        }
        Exchange("poll without position") {
            publish("/pub?id=@", "hello")
            get("/poll/@")
        }
        Exchange("poll with backtrack") {
            publish("/pub?id=@", "one")
            publish("/pub?id=@", "two")
            get("/poll/@.b1")
            get("/poll/@.b5")
        }
        Exchange("poll from long ago") {
            publish("/pub?id=@", "one")
            publish("/pub?id=@", "two")
            get("/poll/@", ["If-Modified-Since: {now-10}"])
        }
        Exchange("poll from the future") {
            publish("/pub?id=@", "one")
            get("/poll/@", ["If-Modified-Since: {now+10}"])
        }
        Exchange("poll from a time that is none") {
            publish("/pub?id=@", "one")
            get("/poll/@", ["If-Modified-Since: yesterday"])
        }
        Exchange("poll from the beginning of time") {
            publish("/pub?id=@", "one")
            get("/poll/@", ["If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT"])
        }
        Exchange("poll by event id") {
            publish("/pub?id=@", "one", ["Event-Id: e1"])
            publish("/pub?id=@", "two", ["Event-Id: e2"])
            get("/poll/@", ["Last-Event-Id: e1"])
            get("/poll/@", ["Last-Event-Id: e2"])
        }
        Exchange("poll by an unknown event id") {
            publish("/pub?id=@", "one", ["Event-Id: e1"])
            get("/poll/@", ["Last-Event-Id: other"])
        }
        Exchange("poll by an empty event id") {
            publish("/pub?id=@", "one", ["Event-Id: e1"])
            get("/poll/@", ["Last-Event-Id: "])
        }
        Exchange("poll with a tag alone") {
            publish("/pub?id=@", "one")
            get("/poll/@", ["If-None-Match: 0"])
        }
        Exchange("poll of several channels") {
            publish("/pub?id=@a", "one")
            publish("/pub?id=@b", "two")
            get("/poll/@a.b1/@b.b1")
        }
        Exchange("poll of several channels, one empty") {
            publish("/pub?id=@a", "one")
            get("/poll/@a.b1/@b.b1")
        }
        Exchange("poll with POST") { request("POST", "/poll/@") }
        Exchange("poll with HEAD") { request("HEAD", "/poll/@") }
        Exchange("poll with OPTIONS") { request("OPTIONS", "/poll/@") }
        Exchange("poll of nothing") { get("/poll/") }
        Exchange("poll of ALL") { get("/poll/ALL") }
        Exchange("poll in HTTP/1.0") {
            publish("/pub?id=@", "hello")
            request("GET", "/poll/@.b1", version: "1.0")
        }
        Exchange("poll in HTTP/1.0 with nothing to give") { request("GET", "/poll/@", version: "1.0") }
        Exchange("poll in HTTP/1.0 with keep-alive") {
            publish("/pub?id=@", "hello")
            request("GET", "/poll/@.b1", ["Connection: keep-alive"], version: "1.0")
        }
        Exchange("poll with Connection close") {
            publish("/pub?id=@", "hello")
            get("/poll/@.b1", ["Connection: close"])
        }
        Exchange("poll with a callback") {
            publish("/pub?id=@", "{\"a\":1}")
            get("/poll/@.b1?callback=take")
        }
        Exchange("poll with a callback and several messages") {
            publish("/pub?id=@", "1")
            publish("/pub?id=@", "2")
            get("/poll/@.b2?callback=take")
        }
        Exchange("poll with a callback and nothing to give") { get("/poll/@?callback=take") }
        Exchange("poll with an empty callback") {
            publish("/pub?id=@", "1")
            get("/poll/@.b1?callback=")
        }
        Exchange("poll with a callback that is a script") {
            publish("/pub?id=@", "1")
            get("/poll/@.b1?callback=alert(1)//")
        }
        Exchange("poll with a percent-encoded callback") {
            publish("/pub?id=@", "1")
            get("/poll/@.b1?callback=a%2Eb")
        }
        Exchange("poll twice over one connection") {
            publish("/pub?id=@", "hello")
            get("/poll/@.b1")
            get("/poll/@.b1")
        }
        Exchange("polls pipelined") {
            publish("/pub?id=@", "hello")
            Step.request(
                method: "GET", text: Requests.text("GET", "/poll/@.b1", [], nil) + Requests.text("GET", "/poll/@.b1", [], nil),
                on: "main")
            response("main")
            response("main")
        }
        Exchange("polling mode on a streaming location") {
            publish("/pub?id=@", "hello")
            get("/all/@.b1", polling)
        }
        Exchange("polling mode on a streaming location with nothing to give") { get("/all/@", polling) }
        Exchange("polling mode in capitals") {
            publish("/pub?id=@", "hello")
            get("/all/@.b1", ["X-Nginx-PushStream-Mode: POLLING"])
        }
        Exchange("unknown mode") {
            subscribe("sub", "/all/@", ["X-Nginx-PushStream-Mode: carrier-pigeon"])
        }
        Exchange("streaming mode on a polling location") { get("/poll/@", ["X-Nginx-PushStream-Mode: streaming"]) }
        Exchange("polling mode on an event source") {
            publish("/pub?id=@", "hello", ["Event-Id: 1"])
            get("/evall/@.b1", polling)
        }
        Exchange("polling mode on a long-polling location") { get("/lp/@", polling) }
        Exchange("polling mode on a WebSocket location") { get("/ws/@", polling) }
        Exchange("polling with allowed origin") { get("/origin-sub/@", polling) }
        Exchange("polling with padding") {
            publish("/pub?id=@", "hello")
            get("/pad/@.b1?ua=test%201", polling)
        }
        Exchange("poll of an authorized channel that holds nothing") { get("/authorized/@", polling) }
        Exchange("a poll makes a channel") {
            get("/poll/@")
            get("/stats?id=@")
        }
        Exchange("poll of a deleted channel") {
            publish("/admin?id=@", "hello")
            request("DELETE", "/admin?id=@")
            get("/poll/@.b1")
        }
    }

    @ListBuilder<Exchange> static var longPollingExchanges: [Exchange] {
        Exchange("long poll that times out") { get("/lp/@") }
        Exchange("long poll that times out with templates") { get("/lpall/@") }
        Exchange("long poll that times out in HTTP/1.0") { request("GET", "/lp/@", version: "1.0") }
        Exchange("long poll that times out with a callback") { get("/lp/@?callback=take") }
        Exchange("long poll that times out with Connection close") { get("/lp/@", ["Connection: close"]) }
        Exchange("long poll with a stored message") {
            publish("/pub?id=@", "hello")
            get("/lp/@.b1")
        }
        Exchange("long poll with stored messages and templates") {
            publish("/pub?id=@", "one")
            publish("/pub?id=@", "two")
            get("/lpall/@.b2")
        }
        Exchange("long poll that waits") {
            begin("sub", "/lp/@")
            subscribers(1)
            publish("/pub?id=@", "hello")
            response("sub")
        }
        Exchange("long poll that waits, with templates") {
            begin("sub", "/lpall/@")
            subscribers(1)
            publish("/pub?id=@", "hello")
            response("sub")
        }
        Exchange("long poll that waits, in HTTP/1.0") {
            begin("sub", "/lpall/@", version: "1.0")
            subscribers(1)
            publish("/pub?id=@", "hello")
            response("sub")
        }
        Exchange("long poll that waits, with a callback") {
            begin("sub", "/lp/@?callback=take")
            subscribers(1)
            publish("/pub?id=@", "1")
            response("sub")
        }
        Exchange("long poll that waits, with a callback and templates") {
            begin("sub", "/lpall/@?callback=take")
            subscribers(1)
            publish("/pub?id=@", "1")
            response("sub")
        }
        Exchange("long poll of several channels") {
            begin("sub", "/lpall/@a/@b")
            subscribers(1, of: "@b")
            publish("/pub?id=@b", "hello")
            response("sub")
            subscribers(0, of: "@a")
        }
        Exchange("long poll whose channel is deleted") {
            begin("sub", "/lpall/@")
            subscribers(1)
            request("DELETE", "/admin?id=@")
            response("sub")
        }
        Exchange("long poll of several channels, one of them deleted") {
            begin("sub", "/lpall/@a/@b")
            subscribers(1, of: "@b")
            request("DELETE", "/admin?id=@a")
            response("sub")
        }
        Exchange("long poll again on the same connection") {
            begin("sub", "/lpall/@")
            subscribers(1)
            publish("/pub?id=@", "one")
            response("sub")
            begin("sub", "/lpall/@")
            subscribers(1)
            publish("/pub?id=@", "two")
            response("sub")
        }
        Exchange("long poll with the next request sent ahead") {
            begin("sub", "/lpall/@")
            begin("sub", "/pub?id=@")
            subscribers(1)
            publish("/pub?id=@", "one")
            response("sub")
            response("sub")
        }
        Exchange("long poll that continues") {
            publish("/pub?id=@", "one")
            get("/lpall/@.b1", on: "sub")
            begin("sub", "/lpall/@", ["If-Modified-Since: {time}", "If-None-Match: {tag}"])
            subscribers(1)
            publish("/pub?id=@", "two")
            response("sub")
        }
        Exchange("long poll from long ago") {
            publish("/pub?id=@", "one")
            publish("/pub?id=@", "two")
            get("/lpall/@", ["If-Modified-Since: {now-10}"])
        }
        Exchange("long poll by event id") {
            publish("/pub?id=@", "one", ["Event-Id: e1"])
            publish("/pub?id=@", "two", ["Event-Id: e2"])
            get("/lpall/@", ["Last-Event-Id: e1"])
        }
        Exchange("long-polling mode on a streaming location") {
            begin("sub", "/all/@", ["X-Nginx-PushStream-Mode: long-polling"])
            subscribers(1)
            publish("/pub?id=@", "hello")
            response("sub")
        }
        Exchange("long-polling mode on a polling location") {
            publish("/pub?id=@", "hello")
            get("/poll/@.b1", ["X-Nginx-PushStream-Mode: long-polling"])
        }
        Exchange("long-polling mode on an event source with a stored message") {
            publish("/pub?id=@", "hello")
            get("/evall/@.b1", ["X-Nginx-PushStream-Mode: long-polling"])
        }
        Exchange("long-polling mode on an event source that times out") {
            get("/evall/@", ["X-Nginx-PushStream-Mode: long-polling"])
        }
        Exchange("long-polling mode on a polling location with nothing to give") {
            begin("sub", "/poll/@", ["X-Nginx-PushStream-Mode: long-polling"])
            subscribers(1)
            publish("/pub?id=@", "hello")
            response("sub")
        }
        Exchange("long-polling mode on an event source") {
            begin("sub", "/evall/@", ["X-Nginx-PushStream-Mode: long-polling"])
            subscribers(1)
            publish("/pub?id=@", "hello", ["Event-Id: 5", "Event-Type: t"])
            response("sub")
        }
        Exchange("long-polling mode ends with the connection's time") {
            get("/short/@", ["X-Nginx-PushStream-Mode: long-polling"])
        }
        Exchange("long-polling mode on a location with padding") {
            begin("sub", "/pad/@?ua=test%201", ["X-Nginx-PushStream-Mode: long-polling"])
            subscribers(1)
            publish("/pub?id=@", "hello")
            response("sub")
        }
        Exchange("long poll with POST") { request("POST", "/lp/@") }
        Exchange("long poll with HEAD") { request("HEAD", "/lp/@") }
        Exchange("long poll with OPTIONS") { request("OPTIONS", "/lpall/@") }
        Exchange("long poll of nothing") { get("/lpall/") }
        Exchange("long poll that the client leaves") {
            begin("sub", "/lpall/@")
            subscribers(1)
            Step.close(on: "sub")
            subscribers(0)
            get("/stats?id=@")
        }
        Exchange("long poll whose client has sent all") {
            begin("sub", "/lpall/@")
            subscribers(1)
            Step.finishSending(on: "sub")
            subscribers(0)
            end("sub")
        }
    }
}

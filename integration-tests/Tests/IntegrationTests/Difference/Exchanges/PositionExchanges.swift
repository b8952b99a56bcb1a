extension ExchangeGroup {
    /// Publishes three messages with event ids in the running second; `position` is what the subscriber brings.
    private static func resumed(
        _ name: String, _ path: String = "/position/@", _ query: String = "", _ fields: [String] = [], mode: String = "polling"
    ) -> Exchange {
        Exchange(name, aligned: true) {
            publish("/pub?id=@", "one", ["Event-Id: e1"])
            publish("/pub?id=@", "two", ["Event-Id: e2"])
            publish("/pub?id=@", "three", ["Event-Id: e3"])
            get("/all/@.b1", ["X-Nginx-PushStream-Mode: polling"], on: "position")
            get(path + query, fields + ["X-Nginx-PushStream-Mode: \(mode)"])
        }
    }

    @ListBuilder<Exchange> static var headerPositionExchanges: [Exchange] {
        resumed("resume now", "/poll/@")
        resumed("resume at the second", "/poll/@", "", ["If-Modified-Since: {time}"])
        resumed("resume at the second before", "/poll/@", "", ["If-Modified-Since: {time-1}"])
        resumed("resume at the second after", "/poll/@", "", ["If-Modified-Since: {time+1}"])
        for tag in ["0", "1", "2", "3", "4", "W/1", "W/2", "\"1\"", "-1", "x", ""] {
            resumed(
                "resume at the second and tag '\(tag)'", "/poll/@", "", ["If-Modified-Since: {time}", "If-None-Match: \(tag)"])
        }
        resumed("resume at the second before and tag 9", "/poll/@", "", ["If-Modified-Since: {time-1}", "If-None-Match: 9"])
        resumed("resume at the second after and tag 0", "/poll/@", "", ["If-Modified-Since: {time+1}", "If-None-Match: 0"])
        resumed("resume at the last message", "/poll/@", "", ["If-Modified-Since: {time}", "If-None-Match: {tag}"])
        for id in ["e1", "e2", "e3", "e4"] {
            resumed("resume at the event '\(id)'", "/poll/@", "", ["Last-Event-Id: \(id)"])
        }
        resumed(
            "resume at an event and an older tag", "/poll/@", "",
            ["If-Modified-Since: {time}", "If-None-Match: 1", "Last-Event-Id: e2"])
        resumed(
            "resume at an event and a newer tag", "/poll/@", "",
            ["If-Modified-Since: {time}", "If-None-Match: 2", "Last-Event-Id: e1"])
        resumed(
            "resume at an unknown event and a tag", "/poll/@", "",
            ["If-Modified-Since: {time}", "If-None-Match: 1", "Last-Event-Id: e9"])
        resumed("resume at a tag with backtrack", "/poll/@.b1", "", ["If-Modified-Since: {time}", "If-None-Match: 1"])
        resumed("resume at an event with backtrack", "/poll/@.b1", "", ["Last-Event-Id: e1"])
        resumed("resume at a tag with backtrack of none", "/poll/@.b0", "", ["If-Modified-Since: {time}", "If-None-Match: 1"])
    }

    @ListBuilder<Exchange> static var argumentPositionExchanges: [Exchange] {
        resumed("resume by arguments now")
        resumed("resume by argument at the second", "/position/@", "?time={urltime}")
        resumed("resume by argument at the second before", "/position/@", "?time={urltime-1}")
        resumed("resume by arguments at tag 1", "/position/@", "?time={urltime}&tag=1")
        resumed("resume by arguments at tag 2", "/position/@", "?time={urltime}&tag=2")
        resumed("resume by an argument at tag 1 alone", "/position/@", "?tag=1")
        resumed("resume by an argument at an event", "/position/@", "?eventid=e1")
        resumed("resume by arguments at a tag and an event", "/position/@", "?time={urltime}&tag=2&eventid=e1")
        resumed("resume by arguments that are empty", "/position/@", "?time=&tag=&eventid=")
        resumed("resume by fields where arguments count", "/position/@", "", ["If-Modified-Since: {time}", "If-None-Match: 1"])
        resumed("resume by an event field where arguments count", "/position/@", "", ["Last-Event-Id: e1"])
        resumed("resume by a time that is none", "/position/@", "?time=123456")
        Exchange("resume a stream by arguments", aligned: true) {
            publish("/pub?id=@", "one", ["Event-Id: e1"])
            publish("/pub?id=@", "two", ["Event-Id: e2"])
            get("/all/@.b1", ["X-Nginx-PushStream-Mode: polling"], on: "position")
            subscribe("sub", "/position/@?time={urltime}&tag=1")
            receive("sub", "two;")
        }
        Exchange("resume a stream by fields", aligned: true) {
            publish("/pub?id=@", "one")
            publish("/pub?id=@", "two")
            get("/all/@.b1", ["X-Nginx-PushStream-Mode: polling"], on: "position")
            subscribe("sub", "/all/@", ["If-Modified-Since: {time}", "If-None-Match: 1"])
            receive("sub", "two")
        }
        Exchange("resume two channels at a tag", aligned: true) {
            publish("/pub?id=@a", "one")
            publish("/pub?id=@b", "two")
            publish("/pub?id=@a", "three")
            get("/all/@a.b1", ["X-Nginx-PushStream-Mode: polling"], on: "position")
            get("/all/@a/@b", ["X-Nginx-PushStream-Mode: polling", "If-Modified-Since: {time}", "If-None-Match: 1"])
        }
        Exchange("resume two channels, one with backtrack", aligned: true) {
            publish("/pub?id=@a", "one")
            publish("/pub?id=@a", "two")
            publish("/pub?id=@b", "three")
            publish("/pub?id=@b", "four")
            get("/all/@b.b1", ["X-Nginx-PushStream-Mode: polling"], on: "position")
            get("/all/@a.b1/@b", ["X-Nginx-PushStream-Mode: polling", "If-Modified-Since: {time}", "If-None-Match: 3"])
        }
        Exchange("resume two channels at an event of one", aligned: true) {
            publish("/pub?id=@a", "one", ["Event-Id: e1"])
            publish("/pub?id=@b", "two", ["Event-Id: e2"])
            publish("/pub?id=@a", "three", ["Event-Id: e3"])
            get("/all/@a/@b", ["X-Nginx-PushStream-Mode: polling", "Last-Event-Id: e1"])
        }
        Exchange("resume at a Redis id that is evicted", aligned: true) {
            publish("/pub?id=@", "one", ["Event-Id: 1700000000000-1"])
            publish("/pub?id=@", "two", ["Event-Id: 1700000000000-3"])
            get("/all/@", ["X-Nginx-PushStream-Mode: polling", "Last-Event-Id: 1700000000000-2"])
        }
        Exchange("tags count over all channels", aligned: true) {
            publish("/pub?id=@a", "one")
            publish("/pub?id=@b", "two")
            publish("/pub?id=@a/@b", "three")
            get("/all/@a.b2", ["X-Nginx-PushStream-Mode: polling"])
            get("/all/@b.b2", ["X-Nginx-PushStream-Mode: polling"])
        }
        Exchange("poll with a message in the same second, then another", aligned: true) {
            publish("/pub?id=@", "one")
            get("/all/@", ["X-Nginx-PushStream-Mode: polling", "If-Modified-Since: {now-10}"])
            publish("/pub?id=@", "two")
            get("/all/@", ["X-Nginx-PushStream-Mode: polling", "If-Modified-Since: {time}", "If-None-Match: {tag}"])
            get("/all/@", ["X-Nginx-PushStream-Mode: polling", "If-Modified-Since: {time}", "If-None-Match: {tag}"])
        }
        Exchange("long poll with a message in the same second, then another", aligned: true) {
            publish("/pub?id=@", "one")
            get("/lpall/@", ["If-Modified-Since: {now-10}"])
            begin("main", "/lpall/@", ["If-Modified-Since: {time}", "If-None-Match: {tag}"])
            subscribers(1)
            publish("/pub?id=@", "two")
            response("main")
        }
    }
}

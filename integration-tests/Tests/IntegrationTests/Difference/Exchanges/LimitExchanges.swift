extension ExchangeGroup {
    private static let polling = ["X-Nginx-PushStream-Mode: polling"]

    /// With three channels, one wildcard channel, two subscribers a channel, two messages a channel. One after the other.
    @ListBuilder<Exchange> static var limitExchanges: [Exchange] {
        Exchange("message beyond the limit of a channel") {
            for number in 1...3 { publish("/admin?id=a", "\(number)") }
            get("/sub/a.b9", polling)
        }
        Exchange("subscriber beyond the limit of a channel") {
            subscribe("one", "/sub/a")
            subscribe("two", "/sub/a")
            get("/sub/a")
            get("/sub/a", polling)
            get("/lp/a")
            get("/ev/a")
            webSocket("ws", "/ws/a")
            end("ws")
            subscribe("other", "/sub/b/c")
            get("/sub/b/a")
        }
        Exchange("channel beyond the limit") {
            publish("/admin?id=a/b/c", "x")
            publish("/admin?id=d", "")
            get("/sub/d")
            get("/sub/d", polling)
            get("/lp/d")
            webSocket("ws", "/ws/d")
            end("ws")
            get("/stats")
            get("/stats?id=d")
        }
        Exchange("channels of which one is beyond the limit") {
            request("DELETE", "/admin?id=c")
            publish("/admin?id=e/f", "")
            get("/stats?id=ALL")
            get("/sub/g/h")
            get("/stats?id=ALL")
        }
        Exchange("wildcard channel beyond the limit") {
            publish("/admin?id=broad_a", "x")
            publish("/admin?id=broad_b", "")
            get("/sub/a/broad_b")
            get("/stats?id=ALL")
        }
        Exchange("id beyond the limit") {
            publish("/admin?id=0123456789", "")
            publish("/admin?id=0123456789x", "")
            get("/sub/0123456789x")
            get("/sub/0123456789x.b1")
            get("/stats?id=0123456789x")
            get("/admin?id=0123456789x")
            request("DELETE", "/admin?id=0123456789x")
        }
        Exchange("wildcard channels beyond what one subscriber may have") {
            get("/sub/a/broad_a/broad_b")
            get("/sub/broad_a")
            webSocket("ws", "/ws/a/broad_a/broad_b")
            end("ws")
        }
        Exchange("channel made again after its deletion") {
            request("DELETE", "/admin?id=a")
            publish("/admin?id=a", "x")
            get("/admin?id=a")
        }
    }

    /// Messages that live two seconds, channels that live nine. Each waits for its own channel only, so they can go on at once.
    @ListBuilder<Exchange> static var lifetimeExchanges: [Exchange] {
        Exchange("message that expires") {
            publish("/admin?id=@", "x")
            get("/sub/@.b1", polling)
            Step.poll(path: "/stats?id=@", until: "\"stored_messages\": 0")
            get("/sub/@.b1", polling)
            get("/stats?id=@")
        }
        Exchange("channel that is not used") {
            publish("/admin?id=@", "x")
            Step.poll(path: "/stats?id=@*", until: "\"infos\": [\r\n]")
            get("/stats?id=@")
            publish("/admin?id=@", "y")
            get("/stats?id=@")
        }
        Exchange("channel with a subscriber stays") {
            subscribe("sub", "/sub/@a")
            publish("/admin?id=@b", "x")
            Step.poll(path: "/stats?id=@b*", until: "\"infos\": [\r\n]")
            get("/stats?id=@a")
            get("/stats?id=@b")
        }
    }

    /// The way through trash, in the figures of the whole store. One after the other.
    @ListBuilder<Exchange> static var trashExchanges: [Exchange] {
        Exchange("deleted channel goes to trash") {
            publish("/admin?id=a", "x")
            request("DELETE", "/admin?id=a")
            Step.poll(path: "/stats", until: "\"channels_in_trash\": 1")
            get("/stats")
            Step.poll(path: "/stats", until: "\"channels_in_trash\": 0")
            get("/stats")
        }
        Exchange("channel that is not used goes to trash") {
            publish("/admin?id=b", "x")
            Step.poll(path: "/stats", until: "\"messages_in_trash\": 1")
            get("/stats")
            Step.poll(path: "/stats", until: "\"channels_in_trash\": 1")
            Step.poll(path: "/stats", until: "\"messages_in_trash\": 0")
            get("/stats")
            get("/stats?id=b")
        }
        Exchange("trash is emptied") {
            Step.poll(path: "/stats", until: "\"channels_in_trash\": 0")
            get("/stats")
        }
    }

    @ListBuilder<Exchange> static var eventsExchanges: [Exchange] {
        Exchange("events of a channel's life") {
            subscribe("events", "/events/events")
            publish("/admin?id=@", "hello")
            receive("events", "channel_created")
            subscribe("sub", "/sub/@")
            receive("events", "client_subscribed")
            Step.close(on: "sub")
            receive("events", "client_unsubscribed")
            request("DELETE", "/admin?id=@")
            receive("events", "channel_destroyed")
        }
        Exchange("events of a deletion with a subscriber") {
            subscribe("events", "/events/events")
            subscribe("sub", "/sub/@")
            receive("events", "client_subscribed")
            request("DELETE", "/admin?id=@")
            response("sub")
            receive("events", "client_unsubscribed")
            receive("events", "channel_destroyed")
        }
        Exchange("events as an event source") {
            subscribe("events", "/evevents/events")
            publish("/admin?id=@", "hello")
            receive("events", "channel_created")
        }
        Exchange("events channel where it is not allowed") { get("/sub/events") }
        Exchange("events channel by WebSocket where it is not allowed") {
            webSocket("ws", "/ws/events")
            end("ws")
        }
        Exchange("publish to the events channel") { request("POST", "/admin?id=events", body: "") }
        Exchange("publish to the events channel and another") { request("POST", "/admin?id=@/events", body: "") }
        Exchange("GET of the events channel") { get("/admin?id=events") }
        Exchange("DELETE of the events channel") { request("DELETE", "/admin?id=events") }
        Exchange("figures with an events channel") {
            get("/stats?id=ALL")
            get("/stats?id=events")
        }
        // Last, because it leaves a channel with the module.
        Exchange("events channel with another where it is not allowed") {
            get("/sub/@/events")
            get("/stats?id=@")
        }
        Exchange("WebSocket publish from the events channel") {
            publish("/admin?id=@", "before")
            webSocket("ws", "/wsevents/@/events")
            text("ws", "hello")
            receive("ws", "hello")
            get("/stats?id=@")
        }
    }

    /// `push_stream_timeout_with_body`, no wildcard prefix, no ping text, a text for deletions.
    @ListBuilder<Exchange> static var timeoutExchanges: [Exchange] {
        Exchange("timeout with body") { get("/lp/@") }
        Exchange("timeout with body and templates") { get("/lpall/@") }
        Exchange("timeout with body and a callback") { get("/lp/@?callback=take") }
        Exchange("timeout with body in HTTP/1.0") { request("GET", "/lpall/@", version: "1.0") }
        Exchange("timeout with body of an event source") { get("/ev/@", ["X-Nginx-PushStream-Mode: long-polling"]) }
        Exchange("polling and timeout with body") { get("/lp/@", polling) }
        Exchange("deletion with the configured text") {
            subscribe("sub", "/sub/@")
            request("DELETE", "/admin?id=@")
            response("sub")
        }
        Exchange("deletion with the configured text by long polling") {
            begin("sub", "/lpall/@")
            subscribers(1)
            request("DELETE", "/admin?id=@")
            response("sub")
        }
        Exchange("deletion with the configured text by WebSocket") {
            webSocket("ws", "/ws/@")
            request("DELETE", "/admin?id=@")
            end("ws")
        }
        Exchange("ping without text") {
            subscribe("sub", "/sub/@")
            receive("sub", "-1")
        }
        Exchange("no wildcard prefix") {
            publish("/admin?id=broad_@", "x")
            get("/stats?id=broad_@")
        }
        Exchange("template for several messages of one channel") {
            for number in 1...12 { publish("/admin?id=@", "\(number)") }
            get("/sub/@.b99", polling)
            get("/sub/@.b11", polling)
            get("/stats?id=@")
        }
    }

    /// A store of 128 kB, and bodies up to a megabyte.
    @ListBuilder<Exchange> static var memoryExchanges: [Exchange] {
        Exchange("message that is larger than the store") {
            request("POST", "/admin?id=@", body: String(repeating: "m", count: 200_000))
            get("/stats?id=@")
            get("/stats")
        }
        Exchange("message that is larger than the store to several channels") {
            request("POST", "/admin?id=@a/@b", body: String(repeating: "m", count: 200_000))
            get("/stats?id=@a/@b")
        }
        Exchange("message after one that was too large") { request("POST", "/admin?id=@", body: "small") }
        Exchange("message that is larger than the store, with allowed origin") {
            request("POST", "/origin?id=@", body: String(repeating: "m", count: 200_000))
        }
        Exchange("message that is larger than the store by WebSocket") {
            webSocket("ws", "/ws/@")
            text("ws", String(repeating: "m", count: 200_000))
            silence("ws")
        }
        Exchange("subscribe to a new channel of a full store") {
            // Large ones, then small ones, then channels alone, so that each of them has no room any more.
            Step.fill(path: "/admin?id=a", body: String(repeating: "m", count: 1000))
            Step.fill(path: "/admin?id=b", body: "m")
            Step.fill(path: "/admin?id=c", body: "")
            get("/stats?id=@")
            get("/admin?id=@")
            get("/sub/@")
            get("/sub/@", polling)
            get("/lp/@")
            get("/ev/@")
            webSocket("ws", "/ws/@")
            end("ws")
        }
        Exchange("make a channel in a full store") { request("POST", "/admin?id=@", body: "") }
        Exchange("publish to a new channel of a full store") {
            request("POST", "/admin?id=@", body: String(repeating: "m", count: 1000))
        }
        Exchange("publish to a channel of a full store") {
            request("POST", "/admin?id=a1", body: String(repeating: "m", count: 1000))
            subscribe("sub", "/sub/a1")
        }
        Exchange("delete a channel of a full store") { request("DELETE", "/admin?id=a2") }
    }
}

/// Differences from the module that are meant, by the reason for them. What we answer instead stands in Recorded/differences.txt; the
/// comparison fails when a difference vanishes or changes.
struct KnownDifference: Sendable {
    let reason: String
    let exchanges: [String]

    init(_ reason: String, _ exchanges: [String]) {
        self.reason = reason
        self.exchanges = exchanges
    }

    static let names = Set(all.flatMap(\.exchanges))

    static let all: [KnownDifference] = [
        KnownDifference(
            "Nginx takes the body that a refused request left behind for the next request: a way to smuggle requests. We skip it.",
            [
                "refused publish with a body", "refused publish with a body that looks like a request",
                "figures with PUT and a body",
            ]),
        KnownDifference(
            "An error page that HEAD asks about is as much longer as our name is.",
            [
                "HEAD of file /inner", "HEAD of file /missing", "page of HEAD /error-elsewhere/x",
                "page of HEAD /error-nowhere/x",
            ]),
        KnownDifference(
            "Nginx says that the connection goes on after a 412, and closes it. It goes on.",
            ["", "/before", "/never"].flatMap { place in
                ["another tag that must match", "a time after which it must not change"].map { "file \(place) with \($0)" }
            } + ["file /before with its tag that must match"]),
        KnownDifference(
            "A publish that finds no room for its channel ends the connection, as any other that finds none: what was sent behind it must not "
                + "overtake it. The module goes on, with the body for the next request.",
            ["make a channel in a full store", "publish to a new channel of a full store"]),
        KnownDifference(
            "A channel can be deleted from a full store, which makes room; the module has none for the message that tells of it.",
            ["delete a channel of a full store"]),
        KnownDifference(
            "The module makes a channel when the head of a publish has come. With us a request that never becomes whole changes nothing.",
            ["body that stops short"]),
        KnownDifference(
            "An id of nothing but slashes names no channel; the module publishes to one with an empty name.",
            ["publish to a slash", "WebSocket of nothing"]),
        KnownDifference(
            "NUL, control characters and what is not UTF-8 in an id end up in JSON and event streams of others, or cut the id short.",
            ["NUL in an id", "bad UTF-8 in an id", "control character in an id"]),
        KnownDifference("An id is escaped for JSON, so that a quote in it cannot forge fields.", ["id with a quote"]),
        KnownDifference(
            "A callback that is no path of JavaScript names would make the answer a script of whoever wrote the link: it is ignored. The "
                + "module fails on an empty one.",
            ["poll with a callback that is a script", "poll with an empty callback"]),
        KnownDifference(
            "A carriage return ends a line of an event stream, so a message with one could forge ids and types. We split there too.",
            [
                "event source, message with CR", "event source with template, message with CR", "event source, message with LFCR",
                "event source with template, message with LFCR",
            ]),
        KnownDifference(
            "Nginx drops a line that is no header field. What a proxy in front of us may read otherwise is refused.",
            ["field without colon"]),
        KnownDifference(
            "Nginx holds the head of a stream back until the first byte of its body. We send it at once: keeping it would cost memory for "
                + "each idle subscriber, and clients learn that they are connected.",
            ["streaming of nothing"]),
        KnownDifference(
            "The stored messages of several channels come in the order in which they were published, not channel by channel, so that the "
                + "last one received is a place to resume from in all of them.",
            ["backtrack of several channels", "resume two channels at a tag"]),
        KnownDifference(
            "Beyond the module: an event id is found in any of the channels, and ids in Redis' form are ordered even if evicted.",
            ["resume two channels at an event of one", "resume at a Redis id that is evicted"]),
        KnownDifference("Nobody gets a message twice for naming its channel twice.", ["subscribe to one channel twice"]),
        KnownDifference(
            "A pong carries the payload of its ping (RFC 6455, section 5.5.3); the module's is empty.",
            [
                "WebSocket publish where it is not allowed", "WebSocket ping with some payload",
                "WebSocket ping without mask with some payload", "WebSocket ping with 125 bytes of payload",
                "WebSocket ping without mask with 125 bytes of payload",
            ]),
        KnownDifference(
            "A close is answered by a close (RFC 6455, section 5.5.1), also if it says why.",
            [
                "WebSocket close with code 1000", "WebSocket close with code 1001 and a reason", "WebSocket close with code 999",
                "WebSocket close with code 1005", "WebSocket close with a reason that is not UTF-8",
                "WebSocket close with templates",
            ]),
        KnownDifference(
            "Frames that come in one piece, control frames between fragments and characters across fragments are read as RFC 6455 "
                + "(sections 5.4 and 8.1) says; the module loses them or closes.",
            [
                "WebSocket publish of two texts in one piece", "WebSocket publish in fragments with a ping between",
                "WebSocket text with a character across fragments",
            ]),
        KnownDifference(
            "Reserved bits, and control frames that are long or in fragments, end the connection (RFC 6455, sections 5.2 and 5.5).",
            [
                "WebSocket reserved bit 1", "WebSocket reserved bit 2", "WebSocket reserved bit 4", "WebSocket ping of 126 bytes",
                "WebSocket ping in fragments",
            ]),
        KnownDifference(
            "Text that is not UTF-8, and one that the store has no room for, is answered by a close with a code (RFC 6455, section 7.4.1); "
                + "the module drops the connection.",
            [
                "WebSocket text that is not UTF-8", "WebSocket text that is not UTF-8, where nobody may publish",
                "WebSocket text with half a character at the end", "message that is larger than the store by WebSocket",
            ]),
        KnownDifference(
            "A WebSocket message is bounded by client_max_body_size, as every other publish; the module takes any.",
            ["WebSocket publish of more than the greatest body"]),
    ]
}

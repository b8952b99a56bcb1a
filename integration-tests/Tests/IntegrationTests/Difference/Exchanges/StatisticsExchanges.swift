extension ExchangeGroup {
    private static let mediaTypes = [
        "text/plain", "text/PLAIN", "application/json", "application/yaml", "application/xml", "text/x-json", "text/x-yaml",
        "text/xml", "text/yaml", "text/json", "image/png", "*/*", "text/html,application/xml",
        "application/xml;q=0.1, text/plain",
        "plain", "/plain", "xml", "", "application/Json", "text/xyz", "application/x-json", "application/xhtml+xml",
        "APPLICATION/XML", "text/html, text/plain",
    ]

    @ListBuilder<Exchange> static var statisticsExchanges: [Exchange] {
        for type in mediaTypes {
            Exchange("figures of a channel as '\(type)'") {
                publish("/pub?id=@", "hello")
                get("/stats?id=@", ["Accept: \(type)"])
            }
        }
        for type in ["text/plain", "application/json", "application/yaml", "application/xml", "text/x-json", "text/x-yaml"] {
            Exchange("figures of two channels as '\(type)'") {
                publish("/pub?id=@a/@b", "hello")
                get("/stats?id=@a/@b", ["Accept: \(type)"])
            }
            Exchange("figures by prefix as '\(type)'") {
                publish("/pub?id=@a", "hello")
                publish("/pub?id=@b", "hello")
                get("/stats?id=@*", ["Accept: \(type)"])
            }
            Exchange("figures by a prefix that nothing has as '\(type)'") { get("/stats?id=@*", ["Accept: \(type)"]) }
            Exchange("figures of an unknown channel as '\(type)'") { get("/stats?id=@", ["Accept: \(type)"]) }
        }
        Exchange("figures of one of two channels") {
            publish("/pub?id=@a", "hello")
            get("/stats?id=@a/@b")
        }
        Exchange("figures of two unknown channels") { get("/stats?id=@a/@b") }
        Exchange("figures of one channel twice") {
            publish("/pub?id=@", "hello")
            get("/stats?id=@/@")
        }
        Exchange("figures by a prefix and an id") {
            publish("/pub?id=@a", "hello")
            get("/stats?id=@*/@a")
        }
        Exchange("figures by an id and a prefix") {
            publish("/pub?id=@a", "hello")
            get("/stats?id=@a/@*")
        }
        Exchange("figures by a star with more behind it") {
            publish("/pub?id=@a", "hello")
            get("/stats?id=@*a")
        }
        Exchange("figures with backtrack in the id") {
            publish("/pub?id=@", "hello")
            get("/stats?id=@.b3")
        }
        Exchange("figures of a slash") { get("/stats?id=//") }
        Exchange("figures of a too long id") { get("/stats?id=\(String(repeating: "c", count: 201))") }
        Exchange("figures with POST") { request("POST", "/stats?id=@") }
        Exchange("figures with HEAD") { request("HEAD", "/stats?id=@") }
        Exchange("figures with OPTIONS") { request("OPTIONS", "/stats?id=@") }
        Exchange("figures with DELETE") { request("DELETE", "/stats?id=@") }
        Exchange("figures with PUT and a body") { request("PUT", "/stats?id=@", body: "x") }
        Exchange("figures in HTTP/1.0") { request("GET", "/stats?id=@", version: "1.0") }
        Exchange("figures with subscribers") {
            subscribe("sub", "/all/@")
            get("/stats?id=@")
            subscribe("other", "/all/@")
            get("/stats?id=@")
            Step.close(on: "sub")
            subscribers(1)
            get("/stats?id=@", ["Accept: text/plain"])
        }
        Exchange("figures after more messages than are stored") {
            for number in 1...12 { publish("/pub?id=@", "\(number)") }
            get("/stats?id=@")
        }
    }

    /// Of the whole store, so one after the other.
    @ListBuilder<Exchange> static var totalExchanges: [Exchange] {
        for type in ["text/plain", "application/json", "application/yaml", "application/xml", "text/x-json", "text/x-yaml"] {
            Exchange("summary of an empty store as '\(type)'") { get("/stats", ["Accept: \(type)"]) }
            Exchange("ALL of an empty store as '\(type)'") { get("/stats?id=ALL", ["Accept: \(type)"]) }
        }
        Exchange("summary with channels") {
            publish("/pub?id=one/two/broad_three", "hello")
            get("/stats")
            get("/stats?id=ALL")
            get("/stats?id=ALL", ["Accept: text/plain"])
            get("/stats?id=ALL", ["Accept: application/xml"])
            get("/stats?id=ALL", ["Accept: application/yaml"])
        }
        Exchange("summary with subscribers") {
            subscribe("sub", "/all/one/two")
            subscribe("other", "/all/two")
            get("/stats")
            get("/stats?id=two")
            get("/stats", ["Accept: text/plain"])
        }
        Exchange("summary with a message that is not stored") {
            publish("/forget?id=one", "hello")
            get("/stats")
        }
        Exchange("summary after more messages than are stored") {
            for number in 1...12 { publish("/pub?id=many", "\(number)") }
            get("/stats")
        }
        Exchange("summary after a deletion") {
            publish("/pub?id=gone", "hello")
            request("DELETE", "/admin?id=gone")
            // How long it counts as deleted depends on the moment.
            Step.poll(path: "/stats", until: "\"channels_in_trash\": 1")
            get("/stats")
        }
        Exchange("summary of an empty id") { get("/stats?id=") }
        Exchange("summary with ALL among others") { get("/stats?id=one/ALL") }
    }
}

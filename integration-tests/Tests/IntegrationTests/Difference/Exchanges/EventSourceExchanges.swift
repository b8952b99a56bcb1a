extension ExchangeGroup {
    @ListBuilder<Exchange> static var eventSourceExchanges: [Exchange] {
        Exchange("event source") {
            subscribe("sub", "/ev/@")
            receive("sub", "\n")
            publish("/pub?id=@", "hello")
            receive("sub", "hello\n\n")
        }
        Exchange("event source with id and type") {
            subscribe("sub", "/ev/@")
            receive("sub", "\n")
            publish("/pub?id=@", "one", ["Event-Id: 1"])
            receive("sub", "one\n\n")
            publish("/pub?id=@", "two", ["Event-Type: greeting"])
            receive("sub", "two\n\n")
            publish("/pub?id=@", "three", ["Event-Type: greeting", "Event-Id: 3"])
            receive("sub", "three\n\n")
        }
        Exchange("event source with empty id and type") {
            subscribe("sub", "/ev/@")
            receive("sub", "\n")
            publish("/pub?id=@", "one", ["Event-Id: ", "Event-Type: "])
            receive("sub", "one\n\n")
        }
        Exchange("event source with templates, pings and an end") {
            subscribe("sub", "/evall/@")
            publish("/pub?id=@", "hello")
            response("sub")
        }
        for (name, message) in [
            ("LF", "one\ntwo"), ("CRLF", "one\r\ntwo"), ("CR", "one\rtwo"), ("LF at the end", "one\n"), ("LF alone", "\n"),
            ("empty lines", "one\n\n\ntwo\r\n\r\n"), ("LF at the start", "\none"), ("CRLF alone", "\r\n"), ("LFCR", "one\n\rtwo"),
            ("escaped line breaks", "one\\ntwo\\r\\nthree"),
        ] {
            Exchange("event source, message with \(name)") {
                subscribe("sub", "/ev/@")
                receive("sub", "\n")
                publish("/pub?id=@", message, ["Event-Id: 1"])
                publish("/pub?id=@", "end")
                receive("sub", "end\n\n")
            }
            Exchange("event source with template, message with \(name)") {
                subscribe("sub", "/evall/@")
                receive("sub", "HEADER")
                publish("/pub?id=@", message)
                publish("/pub?id=@", "end")
                receive("sub", "end}")
            }
        }
        Exchange("event source with backtrack") {
            publish("/pub?id=@", "one", ["Event-Id: 1"])
            publish("/pub?id=@", "two", ["Event-Id: 2"])
            subscribe("sub", "/ev/@.b2")
            receive("sub", "two\n\n")
        }
        Exchange("event source by event id") {
            publish("/pub?id=@", "one", ["Event-Id: 1"])
            publish("/pub?id=@", "two", ["Event-Id: 2"])
            publish("/pub?id=@", "three", ["Event-Id: 3"])
            subscribe("sub", "/ev/@", ["Last-Event-ID: 1"])
            receive("sub", "three\n\n")
        }
        Exchange("event source of several channels") {
            subscribe("sub", "/evall/@a/@b")
            publish("/pub?id=@a/@b", "hello")
            response("sub")
        }
        Exchange("event source whose channel is deleted") {
            subscribe("sub", "/evall/@")
            receive("sub", "HEADER")
            request("DELETE", "/admin?id=@")
            response("sub")
        }
        Exchange("event source without templates whose channel is deleted") {
            subscribe("sub", "/ev/@")
            receive("sub", "\n")
            request("DELETE", "/admin?id=@", body: "over")
            response("sub")
        }
        Exchange("event source in HTTP/1.0") {
            subscribe("sub", "/evall/@", version: "1.0")
            publish("/pub?id=@", "hello")
            end("sub")
        }
        Exchange("event source with an Origin") { subscribe("sub", "/ev/@", ["Origin: http://a.example"]) }
        Exchange("event source with Accept") { subscribe("sub", "/ev/@", ["Accept: text/event-stream"]) }
        Exchange("event source with POST") { request("POST", "/ev/@") }
        Exchange("event source with HEAD") { request("HEAD", "/ev/@") }
        Exchange("event source with OPTIONS") { request("OPTIONS", "/ev/@") }
        Exchange("event source of nothing") { get("/ev/") }
        Exchange("event source of wildcard channels alone") { get("/ev/broad_@") }
        Exchange("event source whose client has sent all") {
            subscribe("sub", "/ev/@")
            receive("sub", "\n")
            Step.finishSending(on: "sub")
            subscribers(0)
            end("sub")
        }
        Exchange("event source with a request sent ahead") {
            subscribe("sub", "/evall/@")
            begin("sub", "/alive")
            response("sub")
            response("sub")
        }
    }

    @ListBuilder<Exchange> static var paddingExchanges: [Exchange] {
        for agent in ["test 1", "Test 2", "test 3", "none", ""] {
            Exchange("padding for the agent '\(agent)' by argument") {
                subscribe("sub", "/pad/@?ua=\(agent.replacing(" ", with: "%20"))")
                publish("/pub?id=@", "hello")
                receive("sub", "hello")
                publish("/pub?id=@", "x")
                receive("sub", "x")
            }
            Exchange("padding for the agent '\(agent)' by header") {
                subscribe("sub", "/padua/@", ["User-Agent: \(agent)"])
                publish("/pub?id=@", "hello")
                receive("sub", "hello")
            }
        }
        Exchange("padding without user agent") { subscribe("sub", "/padua/@") }
        for size in [1, 99, 100, 107, 108, 109, 208, 408, 499, 500, 501, 507, 508, 509, 900] {
            Exchange("padding of a message of \(size) bytes") {
                subscribe("sub", "/pad/@?ua=test%201")
                publish("/pub?id=@", String(repeating: "m", count: size))
                publish("/pub?id=@", "end")
                receive("sub", "end")
            }
        }
        Exchange("padding of an event source") {
            subscribe("sub", "/padev/@", ["User-Agent: test 1"])
            publish("/pub?id=@", "hello")
            receive("sub", "hello")
            publish("/pub?id=@", "end")
            receive("sub", "end")
        }
        Exchange("padding of a stored message") {
            publish("/pub?id=@", "hello")
            subscribe("sub", "/pad/@.b1?ua=test%203")
            receive("sub", "hello")
        }
        Exchange("padding in HTTP/1.0") {
            publish("/pub?id=@", "hello")
            subscribe("sub", "/pad/@.b1?ua=test%201", version: "1.0")
            publish("/pub?id=@", "end")
            request("DELETE", "/admin?id=@")
            end("sub")
        }
    }
}

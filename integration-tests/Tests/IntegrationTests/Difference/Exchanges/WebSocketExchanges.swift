extension ExchangeGroup {
    private static let handshake = [
        "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
    ]

    @ListBuilder<Exchange> static var webSocketExchanges: [Exchange] {
        for missing in handshake.indices {
            Exchange("handshake without \(handshake[missing].split(separator: ":")[0])") {
                get("/ws/@", handshake.enumerated().filter { $0.offset != missing }.map(\.element))
            }
        }
        for version in ["8", "7", "14", "x", "", "13, 8"] {
            Exchange("handshake with version '\(version)'") {
                subscribe("ws", "/wsall/@", Array(handshake.dropLast()) + ["Sec-WebSocket-Version: \(version)"])
            }
        }
        Exchange("handshake with an empty key") {
            subscribe("ws", "/wsall/@", handshake.enumerated().map { $0 == 2 ? "Sec-WebSocket-Key: " : $1 })
        }
        Exchange("handshake with a short key") {
            subscribe("ws", "/wsall/@", handshake.enumerated().map { $0 == 2 ? "Sec-WebSocket-Key: abc" : $1 })
        }
        Exchange("handshake with other tokens") {
            subscribe(
                "ws", "/wsall/@",
                ["Connection: keep-alive, Upgrade", "Upgrade: WebSocket", "Sec-WebSocket-Key: x", "Sec-WebSocket-Version: 13"])
        }
        Exchange("handshake with nonsense for tokens") {
            subscribe(
                "ws", "/wsall/@",
                ["Connection: nonsense", "Upgrade: nonsense", "Sec-WebSocket-Key: x", "Sec-WebSocket-Version: 13"])
        }
        Exchange("handshake with a protocol") {
            webSocket("ws", "/wsall/@", ["Sec-WebSocket-Protocol: chat", "Origin: http://a.example"])
        }
        Exchange("handshake with POST") { request("POST", "/ws/@", handshake) }
        Exchange("handshake with HEAD") { request("HEAD", "/ws/@", handshake) }
        Exchange("handshake with OPTIONS") { request("OPTIONS", "/ws/@", handshake) }
        Exchange("handshake in HTTP/1.0") { subscribe("ws", "/wsall/@", handshake, version: "1.0") }
        Exchange("handshake with a mode") { webSocket("ws", "/wsall/@", ["X-Nginx-PushStream-Mode: long-polling"]) }
        Exchange("handshake at a streaming location") { webSocket("ws", "/all/@") }
        Exchange("WebSocket of nothing") { webSocket("ws", "/ws/") }
        Exchange("WebSocket of ALL") {
            webSocket("ws", "/ws/ALL")
            end("ws")
        }
        Exchange("WebSocket of a too long id") {
            webSocket("ws", "/ws/\(String(repeating: "c", count: 201))")
            end("ws")
        }
        Exchange("WebSocket of wildcard channels alone") {
            webSocket("ws", "/ws/broad_@")
            end("ws")
        }
        Exchange("WebSocket of an authorized channel that holds nothing") {
            webSocket("ws", "/wsauthorized/@")
            end("ws")
        }
        Exchange("WebSocket with allowed origin") { webSocket("ws", "/wsorigin/@", ["Origin: http://a.example"]) }
        Exchange("WebSocket") {
            webSocket("ws", "/ws/@")
            publish("/pub?id=@", "hello")
            nextFrame("ws")
        }
        for size in [0, 1, 125, 126, 127, 1000] {
            Exchange("WebSocket message of \(size) bytes in a template") {
                webSocket("ws", "/wsall/@")
                nextFrame("ws")
                publish("/pub?id=@", String(repeating: "m", count: max(1, size)))
                nextFrame("ws")
            }
        }
        Exchange("WebSocket message of 65535 and 65536 bytes") {
            webSocket("ws", "/ws/@")
            publish("/large?id=@", String(repeating: "m", count: 65535))
            nextFrame("ws")
            publish("/large?id=@", String(repeating: "m", count: 65536))
            nextFrame("ws")
        }
        Exchange("WebSocket with templates, pings and an end") {
            webSocket("ws", "/wsall/@")
            publish("/pub?id=@", "hello")
            end("ws")
        }
        Exchange("WebSocket with backtrack") {
            publish("/pub?id=@", "one")
            publish("/pub?id=@", "two")
            webSocket("ws", "/wsall/@.b2")
            receive("ws", "two")
        }
        Exchange("WebSocket by event id") {
            publish("/pub?id=@", "one", ["Event-Id: 1"])
            publish("/pub?id=@", "two", ["Event-Id: 2"])
            webSocket("ws", "/wsall/@", ["Last-Event-Id: 1"])
            receive("ws", "two")
        }
        Exchange("WebSocket from long ago") {
            publish("/pub?id=@", "one")
            webSocket("ws", "/wsall/@", ["If-Modified-Since: {now-10}"])
            receive("ws", "one")
        }
        Exchange("WebSocket of several channels") {
            webSocket("ws", "/wsall/@a/@b")
            publish("/pub?id=@a/@b", "hello")
            receive("ws", "hello")
            receive("ws", "hello")
        }
        Exchange("WebSocket whose channel is deleted") {
            webSocket("ws", "/wsall/@")
            nextFrame("ws")
            request("DELETE", "/admin?id=@")
            end("ws")
        }
        Exchange("WebSocket of two channels, one of them deleted") {
            webSocket("ws", "/wsall/@a/@b")
            nextFrame("ws")
            request("DELETE", "/admin?id=@a")
            nextFrame("ws")
            publish("/pub?id=@b", "still here")
            receive("ws", "still here")
        }
        Exchange("WebSocket that the client leaves") {
            webSocket("ws", "/ws/@")
            Step.close(on: "ws")
            subscribers(0)
            get("/stats?id=@")
        }
        Exchange("WebSocket whose client has sent all") {
            webSocket("ws", "/ws/@")
            Step.finishSending(on: "ws")
            subscribers(0)
            end("ws")
        }
    }

    /// What a client sends after the handshake.
    @ListBuilder<Exchange> static var frameExchanges: [Exchange] {
        Exchange("WebSocket publish") {
            webSocket("ws", "/wspub/@")
            text("ws", "hello")
            nextFrame("ws")
            get("/stats?id=@")
        }
        Exchange("WebSocket publish to several channels") {
            webSocket("ws", "/wspub/@a/@b")
            text("ws", "hello")
            nextFrame("ws")
            nextFrame("ws")
        }
        Exchange("WebSocket publish to another subscriber") {
            subscribe("sub", "/all/@")
            webSocket("ws", "/wspub/@")
            text("ws", "hello")
            nextFrame("ws")
            receive("sub", "hello")
        }
        Exchange("WebSocket publish where it is not allowed") {
            webSocket("ws", "/ws/@")
            text("ws", "hello")
            frame("ws", 0x9, Array("after".utf8))
            nextFrame("ws")
            get("/stats?id=@")
        }
        Exchange("WebSocket publish without mask") {
            webSocket("ws", "/wspub/@")
            text("ws", "hello", masked: false)
            nextFrame("ws")
        }
        Exchange("WebSocket publish of nothing") {
            webSocket("ws", "/wspub/@")
            text("ws", "")
            text("ws", "after")
            nextFrame("ws")
            get("/stats?id=@")
        }
        Exchange("WebSocket publish of two texts in one piece") {
            webSocket("ws", "/wspub/@")
            Step.sendBytes([0x81, 0x03] + Array("one".utf8) + [0x81, 0x03] + Array("two".utf8), on: "ws")
            silence("ws", 500)
        }
        Exchange("WebSocket publish in fragments") {
            webSocket("ws", "/wspub/@")
            text("ws", "hel", final: false)
            frame("ws", 0x0, Array("lo ".utf8), final: false)
            frame("ws", 0x0, Array("you".utf8))
            nextFrame("ws")
            get("/stats?id=@")
        }
        Exchange("WebSocket publish in fragments with a ping between") {
            webSocket("ws", "/wspub/@")
            text("ws", "hel", final: false)
            frame("ws", 0x9, Array("p".utf8))
            nextFrame("ws")
            frame("ws", 0x0, Array("lo".utf8))
            nextFrame("ws")
        }
        Exchange("WebSocket publish of a frame in pieces") {
            webSocket("ws", "/wspub/@")
            Step.sendBytes([0x81], on: "ws")
            Step.sendBytes([0x85, 0, 0], on: "ws")
            Step.sendBytes([0, 0] + Array("he".utf8), on: "ws")
            Step.sendBytes(Array("llo".utf8), on: "ws")
            nextFrame("ws")
        }
        for size in [125, 126, 127, 1000] {
            Exchange("WebSocket publish of \(size) bytes") {
                webSocket("ws", "/wspub/@")
                text("ws", String(repeating: "m", count: size))
                nextFrame("ws")
            }
        }
        Exchange("WebSocket publish of more than the greatest body") {
            webSocket("ws", "/wspub/@")
            text("ws", String(repeating: "m", count: 1025))
            silence("ws")
            get("/stats?id=@")
        }
        Exchange("WebSocket length that is coded too long") {
            webSocket("ws", "/wspub/@")
            Step.sendBytes([0x81, 0xFE, 0, 5, 0, 0, 0, 0] + Array("hello".utf8), on: "ws")
            nextFrame("ws")
        }
        // A length of 2^31 or more is not compared: it stops the module's worker for good. BadInput shows what we do.
        for (name, payload) in [
            ("no", []), ("some", Array("are you there".utf8)), ("125 bytes of", [UInt8](repeating: 7, count: 125)),
        ] {
            Exchange("WebSocket ping with \(name) payload") {
                webSocket("ws", "/ws/@")
                frame("ws", 0x9, payload)
                nextFrame("ws")
            }
            Exchange("WebSocket ping without mask with \(name) payload") {
                webSocket("ws", "/ws/@")
                frame("ws", 0x9, payload, masked: false)
                nextFrame("ws")
            }
            Exchange("WebSocket pong with \(name) payload") {
                webSocket("ws", "/ws/@")
                frame("ws", 0xA, payload)
                frame("ws", 0x9)
                nextFrame("ws")
            }
        }
        Exchange("WebSocket ping of 126 bytes") {
            webSocket("ws", "/ws/@")
            frame("ws", 0x9, [UInt8](repeating: 7, count: 126))
            silence("ws")
        }
        Exchange("WebSocket ping in fragments") {
            webSocket("ws", "/ws/@")
            frame("ws", 0x9, [1, 2], final: false)
            silence("ws")
        }
        for (name, payload) in [
            ("no code", []), ("code 1000", [0x03, 0xE8]), ("code 1001 and a reason", [0x03, 0xE9] + Array("bye".utf8)),
            ("one byte", [3]),
            ("code 999", [0x03, 0xE7]), ("code 1005", [0x03, 0xED]), ("a reason that is not UTF-8", [0x03, 0xE8, 0xFF]),
        ] {
            Exchange("WebSocket close with \(name)") {
                webSocket("ws", "/ws/@")
                frame("ws", 0x8, payload)
                end("ws")
                get("/stats?id=@")
            }
        }
        Exchange("WebSocket close with templates") {
            webSocket("ws", "/wsall/@")
            nextFrame("ws")
            frame("ws", 0x8, [0x03, 0xE8])
            end("ws")
        }
        Exchange("WebSocket close of 126 bytes") {
            webSocket("ws", "/ws/@")
            frame("ws", 0x8, [UInt8](repeating: 0x41, count: 126))
            silence("ws")
        }
        Exchange("WebSocket text that is not UTF-8") {
            webSocket("ws", "/wspub/@")
            frame("ws", 0x1, [0xC3, 0x28])
            silence("ws")
            get("/stats?id=@")
        }
        Exchange("WebSocket text that is not UTF-8, where nobody may publish") {
            webSocket("ws", "/ws/@")
            frame("ws", 0x1, [0xC3, 0x28])
            silence("ws")
        }
        Exchange("WebSocket text with half a character at the end") {
            webSocket("ws", "/wspub/@")
            frame("ws", 0x1, [0x61, 0xC3])
            silence("ws")
            get("/stats?id=@")
        }
        Exchange("WebSocket text with a character across fragments") {
            webSocket("ws", "/wspub/@")
            frame("ws", 0x1, [0x61, 0xC3], final: false)
            frame("ws", 0x0, [0xA9])
            silence("ws")
            get("/stats?id=@")
        }
        Exchange("WebSocket binary") {
            webSocket("ws", "/wspub/@")
            frame("ws", 0x2, [1, 2, 3])
            silence("ws")
            get("/stats?id=@")
        }
        Exchange("WebSocket binary where nobody may publish") {
            webSocket("ws", "/ws/@")
            frame("ws", 0x2, [1, 2, 3])
            silence("ws")
        }
        for bit: UInt8 in [1, 2, 4] {
            Exchange("WebSocket reserved bit \(bit)") {
                webSocket("ws", "/wspub/@")
                frame("ws", 0x1, Array("hello".utf8), reserved: bit)
                silence("ws")
                get("/stats?id=@")
            }
        }
        for opcode: UInt8 in [0x3, 0x7, 0xB, 0xF] {
            Exchange("WebSocket opcode \(opcode)") {
                webSocket("ws", "/wspub/@")
                frame("ws", opcode, Array("hello".utf8))
                silence("ws")
                get("/stats?id=@")
            }
        }
        Exchange("WebSocket continuation without start") {
            webSocket("ws", "/wspub/@")
            frame("ws", 0x0, Array("hello".utf8))
            silence("ws")
            get("/stats?id=@")
        }
        Exchange("WebSocket text within fragments") {
            webSocket("ws", "/wspub/@")
            text("ws", "one", final: false)
            text("ws", "two")
            silence("ws")
            get("/stats?id=@")
        }
        Exchange("WebSocket frames in the same piece as the handshake") {
            Step.request(
                method: "GET", text: Requests.text("GET", "/wspub/@", handshake, nil) + "\u{1}", on: "ws")
            silence("ws")
        }
    }
}

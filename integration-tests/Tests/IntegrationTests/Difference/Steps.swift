import Foundation

/// The words in which exchanges are written.
enum Requests {
    /// A request as text; `Host` and `Content-Length` are added unless given.
    static func text(_ method: String, _ target: String, _ fields: [String], _ body: String?, version: String = "1.1") -> String {
        var head = "\(method) \(target) HTTP/\(version)\r\n"
        func has(_ name: String) -> Bool { fields.contains { $0.lowercased().hasPrefix("\(name):") } }
        if version == "1.1", !has("host") { head += "Host: localhost\r\n" }
        if let body, !has("content-length"), !has("transfer-encoding") { head += "Content-Length: \(lengthMark(body))\r\n" }
        for field in fields { head += field + "\r\n" }
        return head + "\r\n" + (body ?? "")
    }

    /// `@` is replaced later, by eight characters.
    private static func lengthMark(_ body: String) -> Int {
        body.utf8.count + 7 * body.utf8.count { $0 == UInt8(ascii: "@") }
    }
}

/// Sends a request and waits for the whole response.
func request(
    _ method: String, _ target: String, _ fields: [String] = [], body: String? = nil, version: String = "1.1",
    on connection: String = "main"
) -> [Step] {
    [
        .request(method: method, text: Requests.text(method, target, fields, body, version: version), on: connection),
        .wait(.response, on: connection),
    ]
}

func get(_ target: String, _ fields: [String] = [], on connection: String = "main") -> [Step] {
    request("GET", target, fields, on: connection)
}

/// Publishes on the connection `pub`, unless another is named.
func publish(_ target: String, _ body: String, _ fields: [String] = [], on connection: String = "pub") -> [Step] {
    request("POST", target, fields, body: body, on: connection)
}

/// Sends a request and waits for the head of the response, which does not end soon.
func subscribe(_ connection: String, _ target: String, _ fields: [String] = [], version: String = "1.1") -> [Step] {
    [
        .request(method: "GET", text: Requests.text("GET", target, fields, nil, version: version), on: connection),
        .wait(.head, on: connection),
    ]
}

/// Sends a request and waits for nothing.
func begin(_ connection: String, _ target: String, _ fields: [String] = [], version: String = "1.1") -> Step {
    .request(method: "GET", text: Requests.text("GET", target, fields, nil, version: version), on: connection)
}

func receive(_ connection: String, _ text: String) -> Step { .wait(.text(text), on: connection) }
func response(_ connection: String) -> Step { .wait(.response, on: connection) }
func end(_ connection: String) -> Step { .wait(.end, on: connection) }
func silence(_ connection: String, _ milliseconds: Int = 300) -> Step { .wait(.silence(milliseconds), on: connection) }

/// Waits until the channel's figures say so many subscribers.
func subscribers(_ count: Int, of channel: String = "@") -> Step {
    .poll(path: "/stats?id=\(channel)", until: "\"subscribers\": \(count)}")
}

// MARK: WebSocket

let webSocketFields = [
    "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
]

func webSocket(_ connection: String, _ target: String, _ fields: [String] = []) -> [Step] {
    subscribe(connection, target, webSocketFields + fields)
}

/// A frame of a client. `length` lets it announce another length than it has.
func frame(
    _ connection: String, _ opcode: UInt8, _ payload: [UInt8] = [], final: Bool = true, reserved: UInt8 = 0, masked: Bool = true,
    length: UInt64? = nil
) -> Step {
    var bytes: [UInt8] = [(final ? 0x80 : 0) | reserved << 4 | opcode]
    let mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
    let announced = length ?? UInt64(payload.count)
    let flag: UInt8 = masked ? 0x80 : 0
    if announced < 126 {
        bytes.append(flag | UInt8(announced))
    } else if announced < 65536 {
        bytes += [flag | 126, UInt8(announced >> 8), UInt8(announced & 0xFF)]
    } else {
        bytes.append(flag | 127)
        for shift in stride(from: 56, through: 0, by: -8) { bytes.append(UInt8(announced >> UInt64(shift) & 0xFF)) }
    }
    if masked { bytes += mask }
    bytes += payload.enumerated().map { masked ? $1 ^ mask[$0 % 4] : $1 }
    return .sendBytes(bytes, on: connection)
}

func text(_ connection: String, _ payload: String, final: Bool = true, masked: Bool = true) -> Step {
    frame(connection, 0x1, Array(payload.utf8), final: final, masked: masked)
}

func nextFrame(_ connection: String) -> Step { .wait(.frame, on: connection) }

import PushStreamCore

/// The first byte chooses the limit and whether texts are kept; the others are what the client sends.
enum WebSocketCheck {
    private static let limits = [Int.max, 0, 10, 125, 126, 1000, 0xFFFF, 0x1_0000]

    static func check(_ input: [UInt8]) throws(BrokenInvariant) {
        guard let options = input.first else { return }
        let limit = limits[Int(options & 7)]
        let stream = input.dropFirst()
        for keepsText in [true, false] {
            let expected = read(Cutting.whole.pieces(of: stream), limit: limit, keepsText: keepsText)
            for cutting in Cutting.allCases {
                let result = read(cutting.pieces(of: stream), limit: limit, keepsText: keepsText)
                try require(result == expected, "cut (\(cutting)): \(result), else \(expected)")
            }
            for (index, event) in expected.events.enumerated() {
                let isLast = index == expected.events.count - 1
                try check(event, isLast: isLast, limit: limit, keepsText: keepsText)
            }
        }
        try checkWritten(read([stream], limit: limit, keepsText: true).events)
    }

    private struct Outcome: Equatable {
        var events: [WebSocketReader.Event] = []
        var isIdle = true
    }

    private static func read(_ pieces: [ArraySlice<UInt8>], limit: Int, keepsText: Bool) -> Outcome {
        var reader = WebSocketReader(messageLimit: limit, keepsText: keepsText)
        var outcome = Outcome()
        for piece in pieces { outcome.events += piece.withUnsafeBytes { reader.read($0) } }
        outcome.isIdle = reader.isIdle
        return outcome
    }

    private static func check(
        _ event: WebSocketReader.Event, isLast: Bool, limit: Int, keepsText: Bool
    ) throws(BrokenInvariant) {
        switch event {
        case .text(let text):
            try require(keepsText || text.isEmpty, "a text was kept that nobody wants")
            try require(text.count <= limit, "a text of \(text.count) bytes, limit \(limit)")
            try require(Array(String(decoding: text, as: UTF8.self).utf8) == text, "a text that is not UTF-8")
        case .ping(let payload): try require(payload.count <= 125, "a ping of \(payload.count) bytes")
        case .pong: break
        case .close: try require(isLast, "something came after a close frame")
        case .failure(let code):
            try require(isLast, "something came after a failure")
            try require([1002, 1003, 1007, 1009].contains(code), "close code \(code)")
        }
    }

    /// What the server would write for these events reads back as the same events.
    private static func checkWritten(_ events: [WebSocketReader.Event]) throws(BrokenInvariant) {
        var bytes: [UInt8] = []
        var written: [WebSocketReader.Event] = []
        for event in events {
            switch event {
            case .text(let text): bytes += WebSocketFrame.encode(.text, payload: text)
            case .ping(let payload): bytes += WebSocketFrame.encode(.ping, payload: payload)
            case .pong: bytes += WebSocketFrame.encode(.pong)
            case .close: bytes += WebSocketFrame.plainClose
            case .failure: continue
            }
            written.append(event)
        }
        let result = read([bytes[...]], limit: .max, keepsText: true)
        try require(result.events == written, "written, the events read differently: \(result.events)")
    }
}

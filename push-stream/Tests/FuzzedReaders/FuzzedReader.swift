/// The readers of this package that take bytes from strangers, with what must hold for them whatever the bytes are.
///
/// The fuzzer (`make fuzz`) and the replay of its corpora (`make test`) run the same checks.
public enum FuzzedReader: String, CaseIterable, Sendable {
    /// nginx.conf: lexer, parser and the table of directives.
    case configuration = "nginx-conf"
    /// Head and body of HTTP requests, pipelined.
    case request = "http-request"
    /// The channels that a path names.
    case channelPath = "channel-path"
    /// The frames of a WebSocket client.
    case webSocket = "websocket"

    /// Reads `input` and checks the result. A trap is a failure of its own kind.
    ///
    /// - Throws: what does not hold.
    public func check(_ input: [UInt8]) throws(BrokenInvariant) {
        switch self {
        case .configuration: try ConfigurationCheck.check(input)
        case .request: try RequestCheck.check(input)
        case .channelPath: try ChannelPathCheck.check(input)
        case .webSocket: try WebSocketCheck.check(input)
        }
    }
}

/// Something that must hold for every input did not.
public struct BrokenInvariant: Error, Sendable, CustomStringConvertible {
    public var description: String
}

func require(_ condition: Bool, _ description: @autoclosure () -> String) throws(BrokenInvariant) {
    guard condition else { throw BrokenInvariant(description: description()) }
}

/// The ways in which a network may cut a stream of bytes: not at all, at every byte, and at places that the bytes themselves choose, so
/// that a failure comes again.
enum Cutting: CaseIterable {
    case whole
    case everyByte
    case anywhere

    func pieces(of bytes: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        switch self {
        case .whole: return [bytes]
        case .everyByte: return bytes.indices.map { bytes[$0...$0] }
        case .anywhere:
            // FNV-1a over the input is the seed.
            var state = bytes.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
            var pieces: [ArraySlice<UInt8>] = []
            var start = bytes.startIndex
            while start < bytes.endIndex {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                // An empty piece is possible, too.
                let end = min(bytes.endIndex, start + Int(state >> 33) % 24)
                pieces.append(bytes[start..<end])
                start = end
            }
            return pieces
        }
    }
}

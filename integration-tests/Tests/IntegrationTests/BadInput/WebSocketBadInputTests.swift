import IntegrationSupport
import Testing

extension EndToEnd.BadInput {
    /// A frame that a client may not send, and the status codes (RFC 6455, section 7.4.1) with which it may be refused; none for a
    /// close without a code.
    struct BadFrame: Sendable {
        var name: String
        var bytes: [UInt8]
        var codes: Set<UInt16> = []
    }

    private static let zeroMask: [UInt8] = [0, 0, 0, 0]

    static let badFrames = [
        BadFrame(name: "unknown opcode", bytes: [0x83, 0x80] + zeroMask),
        BadFrame(name: "unknown control opcode", bytes: [0x8B, 0x80] + zeroMask),
        BadFrame(name: "reserved bit", bytes: [0xC1, 0x80] + zeroMask),
        BadFrame(name: "ping of 126 bytes", bytes: [0x89, 0xFE, 0, 126] + zeroMask + [UInt8](repeating: 0, count: 126)),
        BadFrame(name: "ping in pieces", bytes: [0x09, 0x80] + zeroMask),
        BadFrame(name: "continuation of nothing", bytes: [0x80, 0x80] + zeroMask),
        BadFrame(name: "length of 2^63", bytes: [0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0] + zeroMask, codes: [1009]),
        BadFrame(name: "length of 1 GB", bytes: [0x81, 0xFF, 0, 0, 0, 0, 0x40, 0, 0, 0] + zeroMask, codes: [1009]),
        BadFrame(name: "binary", bytes: [0x82, 0x81] + zeroMask + [0]),
        BadFrame(name: "text that is not UTF-8", bytes: [0x81, 0x82] + zeroMask + [0xC3, 0x28], codes: [1007]),
        BadFrame(name: "noise", bytes: (0..<512).map { UInt8(($0 &* 167 &+ 0x75) & 0xFF) }),
    ]

    @Test(arguments: DeploymentKind.allCases)
    func `bad WebSocket frames end only their own connection`(kind: DeploymentKind) async throws {
        try await withDeployment(kind) { deployment in
            let channel = uniqueChannel("frames")
            let canary = try await deployment.eventSource(channel)
            let processes = try deployment.processIDs()
            for frame in Self.badFrames {
                let client = try await WebSocketClient(deployment.stream, channels: channel)
                try await client.sendRaw(frame.bytes)
                // The server says why, or just closes.
                do {
                    let answer = try await client.nextFrame()
                    guard case .close(let code) = answer, code.map(frame.codes.contains) ?? frame.codes.isEmpty else {
                        Issue.record("\(frame.name): \(answer)")
                        continue
                    }
                } catch TransportError.ended {
                } catch ConnectionError.broken {
                } catch {
                    Issue.record("\(frame.name): \(error)")
                }
                client.close()
            }
            // Whoever asks for what cannot be is told by a close.
            let refused = ["", String(repeating: "c", count: 201), "broad_1/broad_2/broad_3/broad_4"]
            for channels in refused {
                do {
                    let client = try await WebSocketClient(deployment.stream, channels: channels)
                    guard case .close = try await client.nextFrame() else {
                        Issue.record("subscribed to '\(channels.prefix(40))'")
                        continue
                    }
                } catch HTTPError.status(let status, _) {
                    #expect((400...404).contains(status))
                }
            }
            // Text from a client is read and dropped: nobody publishes by WebSocket. A ping is answered.
            let talker = try await WebSocketClient(deployment.stream, channels: channel)
            try await talker.send(opcode: 0x1, Array("never".utf8))
            // Frames that are not masked count as masked ones, as with the Nginx module.
            try await talker.send(opcode: 0x1, Array("never".utf8), masked: false)
            try await talker.send(opcode: 0x9, Array("are you there".utf8))
            #expect(try await talker.nextFrame() == .pong(Array("are you there".utf8)))
            let eventID = try await deployment.publisher().publish("alive", to: channel)
            #expect(try await talker.next().eventID == eventID)
            #expect(try await canary.next().eventID == eventID)
            // A close is answered by a close.
            try await talker.send(opcode: 0x8, [0x03, 0xE8])
            guard case .close = try await talker.nextFrame() else {
                Issue.record("a close was not answered")
                return
            }
            #expect(try deployment.processIDs() == processes)
        }
    }
}

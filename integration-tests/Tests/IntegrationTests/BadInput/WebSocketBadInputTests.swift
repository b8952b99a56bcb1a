import IntegrationSupport
import Testing

extension EndToEnd.BadInput {
    /// A frame that a client may not send.
    struct BadFrame: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var bytes: [UInt8]
    }

    static let badFrames = [
        BadFrame(testDescription: "not masked", bytes: [0x81, 0x05] + Array("never".utf8)),
        BadFrame(testDescription: "unknown opcode", bytes: [0x83, 0x80, 1, 2, 3, 4]),
        BadFrame(testDescription: "unknown control opcode", bytes: [0x8B, 0x80, 1, 2, 3, 4]),
        BadFrame(testDescription: "reserved bit", bytes: [0xC1, 0x80, 1, 2, 3, 4]),
        BadFrame(
            testDescription: "ping of 126 bytes", bytes: [0x89, 0xFE, 0, 126, 1, 2, 3, 4] + [UInt8](repeating: 0, count: 126)),
        BadFrame(testDescription: "ping in pieces", bytes: [0x09, 0x80, 1, 2, 3, 4]),
        BadFrame(testDescription: "length of 2^63", bytes: [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]),
        BadFrame(testDescription: "length of 1 GB", bytes: [0x82, 0xFF, 0, 0, 0, 0, 0x40, 0, 0, 0, 1, 2, 3, 4]),
        BadFrame(testDescription: "continuation of nothing", bytes: [0x80, 0x80, 1, 2, 3, 4]),
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
                // The server says 1002 (protocol error) or 1009 (too big), or just closes.
                do {
                    switch try await client.nextFrame() {
                    case .close(let code):
                        #expect(code == 1002 || code == 1009, "\(frame.testDescription): \(code.map(String.init) ?? "no code")")
                    case let other: Issue.record("\(frame.testDescription): \(other)")
                    }
                } catch TransportError.ended {
                } catch ConnectionError.broken {
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
            try await talker.send(opcode: 0x9, Array("are you there".utf8))
            #expect(try await talker.nextFrame() == .pong(Array("are you there".utf8)))
            let eventID = try await deployment.publisher().publish("alive", to: channel)
            #expect(try await talker.next().eventID == eventID)
            #expect(try await canary.next().eventID == eventID)
            // A close is answered by a close.
            try await talker.send(opcode: 0x8, [0x03, 0xE8])
            #expect(try await talker.nextFrame() == .close(1000))
            #expect(try deployment.processIDs() == processes)
        }
    }
}

import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// Clients that are rude on purpose. Whatever they do, the server serves others meanwhile, and when they are gone nothing of them
    /// is left: no connection, no descriptor, no memory.
    @Suite struct HostileClients {
        /// Bytes that the process may hold more afterwards: less than a tenth of a kilobyte for each of 20,000 connections.
        static let memoryAllowance = 2 * 1024 * 1024

        /// What the server holds besides the connection that asks.
        private struct Holdings {
            var descriptors: Int
            var subscribers: Int
        }

        private static func holdings(_ server: LonePushStream) async throws -> Holdings {
            var subscribers = 0
            for mode in ["streaming", "eventsource", "websocket", "long-polling"] {
                // A mode that nobody has used yet has no line.
                subscribers += (try? await server.metric("push_stream_subscribers{mode=\"\(mode)\"}")) ?? 0
            }
            return Holdings(descriptors: try server.openDescriptors(), subscribers: subscribers)
        }

        /// Runs `body` and checks that all connections end and that nothing is left of them.
        private static func leavesNothing(_ server: LonePushStream, _ body: () async throws -> Void) async throws {
            try await eventually("the last ones are gone") { try await server.metric("push_stream_connections") == 1 }
            let before = try await Self.holdings(server)
            try await body()
            try await eventually("all connections have ended") { try await server.metric("push_stream_connections") == 1 }
            try await eventually("nothing is left") {
                let now = try await Self.holdings(server)
                // The connection that had asked before may have been there still.
                return now.descriptors <= before.descriptors && now.subscribers == before.subscribers
            }
        }

        /// A subscriber that has nothing to do with the others still gets its message.
        private static func serves(_ server: LonePushStream) async throws {
            let channel = uniqueChannel("healthy")
            let subscriber = try ConnectionState.eventSource.open(server, channel: channel)
            defer { subscriber.close() }
            let connection = try await HTTPConnection(to: server.endpoint)
            defer { connection.close() }
            let answer = try await connection.response(to: HTTPRequest("POST", "/pub?id=\(channel)", text: "still here"))
            #expect(answer.status == 200)
            try subscriber.receive(until: "still here")
        }

        @Test func `20,000 connections opened and dropped leave nothing behind`() async throws {
            try await LonePushStream.run { server in
                func round(_ count: Int) async throws {
                    let accepted = try await server.metric("push_stream_connections_accepted_total")
                    var sockets: [(Int, RawSocket)] = []
                    for index in 0..<count {
                        let state = ConnectionState.allCases[index % ConnectionState.allCases.count]
                        sockets.append((index, try state.open(server, channel: "dropped-\(index % 50)")))
                    }
                    for (index, socket) in sockets {
                        if index % 2 == 0 { socket.close() } else { socket.reset() }
                    }
                    #expect(try await server.metric("push_stream_connections_accepted_total") >= accepted + count)
                }
                // Fills the tables that stay, such as the channels'.
                try await Self.leavesNothing(server) { try await round(2000) }
                let before = try ProcessTable.residentMemory(of: server.processID)
                try await Self.leavesNothing(server) { for _ in 0..<10 { try await round(2000) } }
                let growth = try ProcessTable.residentMemory(of: server.processID) - before
                print("measured: \(growth / 1024) KB more after 20,000 connections that were opened and dropped")
                #expect(growth < Self.memoryAllowance)
                try await Self.serves(server)
            }
        }

        /// Sorted by the ways of going: with the last state nothing must be left either.
        @Test(arguments: ["reset", "end", "half-closed"])
        func `a client goes in every state`(way: String) async throws {
            try await LonePushStream.run { server in
                for state in ConnectionState.allCases {
                    try await Self.leavesNothing(server) {
                        let channel = uniqueChannel("going")
                        let sockets = try (0..<20).map { _ in try state.open(server, channel: channel) }
                        if state.subscribes {
                            try await eventually("all are subscribers") { try await Self.holdings(server).subscribers == 20 }
                        }
                        for socket in sockets {
                            switch way {
                            case "reset": socket.reset()
                            case "end": socket.close()
                            default:
                                // The server ends its side too: nothing more can come on this connection.
                                socket.endSending()
                                _ = try socket.receiveAll()
                            }
                        }
                    }
                }
                try await Self.serves(server)
            }
        }

        @Test func `a whole request is answered although its client has ended its side`() async throws {
            try await LonePushStream.run { server in
                let socket = try RawSocket(port: server.port)
                try socket.send("POST /pub?id=half HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nhello")
                socket.endSending()
                let answer = String(decoding: try socket.receiveAll(), as: UTF8.self)
                #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
                #expect(answer.contains("\"published_messages\": 1,"))
            }
        }

        /// A head that comes byte by byte never lets the server's time begin anew; a body may be slow, but not silent.
        @Test func `slow heads and silent bodies are cut off`() async throws {
            let directives = ["client_header_timeout": "4s", "client_body_timeout": "4s", "keepalive_timeout": "4s"]
            try await LonePushStream.run(directives: directives) { server in
                try await Self.leavesNothing(server) {
                    let drip = try RawSocket(port: server.port)
                    try drip.send("GET /ev/a HTTP/1.1\r\nHost: t\r\nX: ")
                    var drops = 0
                    // Five times as long as the time that it has.
                    while drops < 400, !drip.isReadable(within: 50) {
                        drops += 1
                        do { try drip.send("x") } catch { break }
                    }
                    #expect(drops < 400)
                    #expect(try drip.receiveAll().isEmpty)
                    let sockets = try [ConnectionState.silent, .head, .body, .chunkedBody, .idle].map {
                        try $0.open(server, channel: "loris")
                    }
                    for socket in sockets { _ = try socket.receiveAll() }
                    let slow = try RawSocket(port: server.port)
                    try slow.send("POST /pub?id=slow HTTP/1.1\r\nHost: t\r\nContent-Length: 30\r\n\r\n")
                    for _ in 0..<30 {
                        #expect(!slow.isReadable(within: 150))
                        try slow.send("x")
                    }
                    try slow.receive(until: "\"published_messages\": 1,")
                }
                try await Self.serves(server)
            }
        }

        @Test func `10,000 pipelined requests are answered in order`() async throws {
            try await LonePushStream.run { server in
                let socket = try RawSocket(port: server.port)
                let count = 10_000
                // Both directions at once: neither side keeps it all for the other.
                var answers = ""
                var numbers: [Int] = []
                for first in stride(from: 0, to: count, by: 100) {
                    var requests = ""
                    for _ in first..<(first + 100) {
                        requests += "POST /pub?id=pipeline HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nhi"
                    }
                    try socket.send(requests)
                    while socket.isReadable(within: 0) { answers += String(decoding: try socket.receive(), as: UTF8.self) }
                }
                while !answers.contains("\"published_messages\": \(count),") {
                    answers += String(decoding: try socket.receive(), as: UTF8.self)
                }
                for part in answers.components(separatedBy: "\"published_messages\": ").dropFirst() {
                    numbers.append(Int(part.prefix { $0.isNumber }) ?? -1)
                }
                #expect(numbers == Array(1...count))
            }
        }

        @Test func `a client that never reads its answers is not read either, and then ends`() async throws {
            try await LonePushStream.run(directives: ["send_timeout": "2s"]) { server in
                try await Self.leavesNothing(server) {
                    let before = try ProcessTable.residentMemory(of: server.processID)
                    let sockets = try (0..<10).map { _ in try RawSocket(port: server.port, receiveBuffer: 4096) }
                    let requests = Array(String(repeating: ConnectionState.get("/channels-stats"), count: 2000).utf8)
                    for socket in sockets {
                        socket.setSendTimeout(200)
                        // 256 MB would come of it, were it all taken.
                        for _ in 0..<500 {
                            guard let sent = try? socket.sendSome(requests), sent == requests.count else { break }
                        }
                    }
                    let growth = try ProcessTable.residentMemory(of: server.processID) - before
                    print("measured: \(growth / 1024) KB for 10 clients that read none of their answers")
                    // At most the queue of 1 MB and what one read brings for each.
                    #expect(growth < 10 * 3 * 1024 * 1024)
                    try await Self.serves(server)
                    try await eventually(within: .seconds(120), "the server has closed them") {
                        try await server.metric("push_stream_connections") == 1
                    }
                }
            }
        }
    }
}

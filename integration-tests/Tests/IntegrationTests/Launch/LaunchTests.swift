import Foundation
import Glibc
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// push-service from its start to its end.
    @Suite struct Launch {
        @Test(arguments: [SIGINT, SIGTERM])
        func `a signal ends everything in order`(signal: Int32) async throws {
            let place = try LaunchPlace()
            try await place.run { process in
                _ = try await Banner.read(from: process)
                let subscriber = try await EventSourceClient(place.stream, channels: "demo")
                let webSocket = try await WebSocketClient(place.stream, channels: "demo")
                #expect(place.redisServers.count == 1)
                let children = ProcessTable.descendants(of: process.pid)
                process.signal(signal)
                // Subscribers are told: the stream ends, the WebSocket is closed.
                await #expect(throws: TransportError.self) { try await subscriber.next(within: .seconds(90)) }
                await #expect(throws: TransportError.self) { try await webSocket.next(within: .seconds(90)) }
                #expect(try await process.exit(within: .seconds(120)) == .exited(0))
                let complaints = try await process.allLines().filter { $0.stream == .standardError }
                #expect(complaints == [], "a start and an end in order are nothing to complain about")
                #expect(place.redisServers == [])
                #expect(children.filter { ProcessTable.isRunning($0) } == [])
                #expect(ServicePort.isFree(place.apiPort) && ServicePort.isFree(place.streamPort))
            }
        }

        @Test func `password, messages and channels survive a restart`() async throws {
            let place = try LaunchPlace()
            let channel = uniqueChannel("survivor")
            let (credentials, eventIDs) = try await place.run { process in
                let credentials = try #require(try await Banner.read(from: process).credentials)
                #expect(credentials.user == "app")
                #expect(credentials.password.count >= 16)
                let publisher = Publisher(place.api, credentials: credentials)
                #expect(try await publisher.send("POST", "/api/v1/channels", json: #"{"id":"kept","ttl":0}"#).status == 201)
                var eventIDs: [String] = []
                for number in 0..<5 { eventIDs.append(try await publisher.publish("\(number)", to: channel)) }
                process.signal(SIGTERM)
                #expect(try await process.exit(within: .seconds(120)) == .exited(0))
                return (credentials, eventIDs)
            }
            try Self.expectSecret(credentials.password, in: place)
            try await place.run { process in
                let banner = try await Banner.read(from: process)
                #expect(banner.credentials == credentials)
                let publisher = Publisher(place.api, credentials: credentials)
                #expect(try await publisher.send("GET", "/api/v1/channels/kept").status == 200)
                // A subscriber that comes back continues where it was, in the messages of the time before.
                let subscriber = try await EventSourceClient(place.stream, channels: channel, lastEventID: eventIDs[1])
                try await Self.expect(eventIDs, after: 1, by: subscriber)
                let eventID = try await publisher.publish("after", to: channel)
                #expect(try await subscriber.next().eventID == eventID)
            }
        }

        @Test func `a push-service that was killed leaves nothing that hinders the next`() async throws {
            let place = try LaunchPlace()
            let channel = uniqueChannel("killed")
            let eventIDs = try await place.run { process in
                let credentials = try #require(try await Banner.read(from: process).credentials)
                let publisher = Publisher(place.api, credentials: credentials)
                var eventIDs: [String] = []
                for number in 0..<5 { eventIDs.append(try await publisher.publish("\(number)", to: channel)) }
                process.signal(SIGKILL)
                try await process.exit()
                try await eventually("redis-server is gone") { place.redisServers.isEmpty }
                return eventIDs
            }
            try await place.run { process in
                let credentials = try #require(try await Banner.read(from: process).credentials)
                let subscriber = try await EventSourceClient(place.stream, channels: channel, lastEventID: eventIDs[0])
                try await Self.expect(eventIDs, after: 0, by: subscriber)
                let eventID = try await Publisher(place.api, credentials: credentials).publish("after", to: channel)
                #expect(try await subscriber.next().eventID == eventID)
            }
        }

        @Test func `a push-service that is killed and started at once gets its data`() async throws {
            let place = try LaunchPlace()
            let password = try await place.run { process in
                let credentials = try #require(try await Banner.read(from: process).credentials)
                try await Publisher(place.api, credentials: credentials).publish("before", to: "demo")
                // redis-server may still be busy when the next push-service starts.
                process.signal(SIGKILL)
                try await process.exit()
                return try await place.run { second in
                    let again = try #require(try await Banner.read(from: second).credentials)
                    let subscriber = try await EventSourceClient(place.stream, channels: "demo.b1")
                    #expect(try await subscriber.next().content == "before")
                    #expect(place.redisServers.count == 1)
                    return (credentials.password, again.password)
                }
            }
            #expect(password.0 == password.1)
        }

        @Test func `the end of redis-server ends push-service with an error`() async throws {
            let place = try LaunchPlace()
            try await place.run { process in
                _ = try await Banner.read(from: process)
                for server in place.redisServers { kill(server, SIGKILL) }
                let status = try await process.exit(within: .seconds(120))
                #expect(status != .exited(0))
                guard case .exited = status else {
                    Issue.record("ended by a signal: \(status)")
                    return
                }
                let errors = try await process.allLines().filter { $0.stream == .standardError }.map(\.text)
                #expect(errors.contains { $0.contains("redis-server") }, "\(errors)")
            }
        }

        @Test func `a Redis that is given is used and not ended`() async throws {
            try await withRedisServer { redis in
                let place = try LaunchPlace()
                try await place.run(more: ["--redis-url", redis.url, "--user", "alice", "--password", "wonder-land1"]) {
                    process in
                    let banner = try await Banner.read(from: process)
                    #expect(banner.credentials == Credentials(user: "alice", password: "wonder-land1"))
                    #expect(place.redisServers == [])
                    let subscriber = try await EventSourceClient(place.stream, channels: "demo")
                    let publisher = Publisher(place.api, credentials: banner.credentials)
                    let eventID = try await publisher.publish("elsewhere", to: "demo")
                    #expect(try await subscriber.next().eventID == eventID)
                    process.signal(SIGTERM)
                    #expect(try await process.exit(within: .seconds(120)) == .exited(0))
                    let connection = try await TCPConnection.connect(to: .port(redis.port))
                    try await connection.send("PING\r\n")
                    #expect(try await connection.receive() == Array("+PONG\r\n".utf8))
                }
            }
        }

        /// Receives up to the last event: all that the subscriber has not seen, in order.
        ///
        /// While push-agent fills the history of a push-stream that was started again, what the subscriber has seen may come
        /// again, with the same event id.
        private static func expect(_ eventIDs: [String], after seen: Int, by subscriber: EventSourceClient) async throws {
            var received: [String] = []
            while received.last != eventIDs.last {
                received.append(try await subscriber.next().eventID)
            }
            #expect(received.filter { !eventIDs[...seen].contains($0) } == Array(eventIDs[(seen + 1)...]), "received \(received)")
        }

        /// The password is in a file that only its owner can read, and in no other file of the data directory.
        private static func expectSecret(_ password: String, in place: LaunchPlace) throws {
            var holders = 0
            let files = try #require(FileManager.default.enumerator(atPath: place.dataDirectory))
            for case let name as String in files {
                let path = "\(place.dataDirectory)/\(name)"
                guard let data = FileManager.default.contents(atPath: path), data.range(of: Data(password.utf8)) != nil else {
                    continue
                }
                holders += 1
                let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
                #expect(mode == 0o600, "\(name)")
            }
            #expect(holders == 1)
        }
    }
}

import Foundation
import IntegrationSupport
import Testing

extension EndToEnd {
    /// A wrong request gets the right error, and that is all that happens.
    @Suite struct BadInput {
        /// How much more memory a process may hold after ten times the probes than after three rounds, in bytes.
        ///
        /// The allocators of a multi-threaded process keep some freed memory for each thread, and a round sends bodies of
        /// 4 MB; what remains after ten rounds must not follow their number. One round sends about 20 MB, so that a leak of
        /// even a tenth of it shows.
        static let memoryAllowance = 8 * 1024 * 1024

        @Test(arguments: DeploymentKind.allCases)
        func `bad input is refused and changes nothing`(kind: DeploymentKind) async throws {
            try await withDeployment(kind) { deployment in
                let channel = uniqueChannel("canary")
                let existing = uniqueChannel("existing")
                let publisher = deployment.publisher()
                #expect(
                    try await publisher.send("POST", "/api/v1/channels", json: #"{"id":"\#(existing)","ttl":3600}"#).status == 201
                )
                let canary = try await deployment.eventSource(channel)
                let accepted = try await deployment.acceptedMessages()
                let processes = try deployment.processIDs()

                let targets: [(Endpoint, [Probe])] = [
                    (deployment.api, APIProbes.all(credentials: deployment.credentials, channel: channel, existing: existing)),
                    (deployment.stream, StreamProbes.subscriber(channel: channel)),
                    (deployment.control, StreamProbes.control(channel: channel)),
                ]
                var problems: Set<String> = []
                func round() async {
                    for (endpoint, probes) in targets {
                        for probe in probes {
                            if let problem = await probe.problem(at: endpoint) { problems.insert("\(endpoint) \(problem)") }
                        }
                    }
                }
                for _ in 0..<3 { await round() }
                for problem in problems.sorted() { Issue.record("\(problem)") }
                try #require(problems.isEmpty)
                let warm = try deployment.residentMemory()
                for _ in 0..<10 { await round() }
                #expect(problems == [])
                let after = try deployment.residentMemory()
                for (name, bytes) in after {
                    let growth = bytes - (warm[name] ?? 0)
                    #expect(growth <= Self.memoryAllowance, "\(name) grew by \(growth / 1024) KB")
                    print(
                        "measured: \(name) holds \(bytes / 1024) KB after ten rounds of bad input, \(growth / 1024) KB more than before"
                    )
                }

                // The processes are the same, nothing was added to the stream, and the canary's first message is this one.
                #expect(try deployment.processIDs() == processes)
                #expect(try await deployment.acceptedMessages() == accepted)
                let eventID = try await publisher.publish("alive", to: channel)
                let message = try await canary.next()
                #expect(message.eventID == eventID)
                #expect(message.id == 1)
            }
        }

        @Test(arguments: DeploymentKind.allCases)
        func `pipelined requests are answered one by one`(kind: DeploymentKind) async throws {
            try await withDeployment(kind) { deployment in
                let channel = uniqueChannel("pipeline")
                let subscriber = try await deployment.eventSource(channel)
                func post(_ body: String) -> [UInt8] {
                    HTTPRequest(
                        "POST", "/api/v1/messages",
                        fields: [("Authorization", deployment.credentials.authorization), ("Content-Type", "application/json")],
                        text: body
                    ).bytes
                }
                let api = try await HTTPConnection(to: deployment.api)
                let good = (0..<3).map { post(#"{"channels":["\#(channel)"],"content":"\#($0)"}"#) }
                try await api.raw.send(good[0] + post("{") + good[1] + post(#"{"channels":[],"content":"x"}"#) + good[2])
                for expected in [204, 400, 204, 400, 204] {
                    #expect(try await api.response(to: "POST").status == expected)
                }
                #expect(try await subscriber.next(3).map(\.content) == ["0", "1", "2"])

                let control = try await HTTPConnection(to: deployment.control)
                let publish = (0..<3).map { HTTPRequest("POST", "/pub?id=\(channel)", text: "p\($0)").bytes }
                let empty = HTTPRequest("POST", "/pub?id=\(channel)").bytes
                try await control.raw.send(publish[0] + empty + publish[1] + publish[2])
                for expected in [200, 400, 200, 200] {
                    #expect(try await control.response(to: "POST").status == expected)
                }
                #expect(try await subscriber.next(3).map(\.text) == ["p0", "p1", "p2"])

                // What follows a subscription on its connection does not disturb it.
                let stream = try await HTTPConnection(to: deployment.stream)
                let subscribe = HTTPRequest("GET", "/ev/\(channel)").bytes
                try await stream.raw.send(subscribe + subscribe + HTTPRequest("DELETE", "/ev/\(channel)").bytes)
                #expect(try await stream.head().status == 200)
                try await deployment.awaitSubscribers(2, of: channel)
                try await deployment.publisher().publish("end", to: channel)
                #expect(try await subscriber.next().content == "end")
            }
        }

        @Test(arguments: DeploymentKind.allCases)
        func `half requests and silent clients keep nobody waiting`(kind: DeploymentKind) async throws {
            try await withDeployment(kind) { deployment in
                let channel = uniqueChannel("half")
                let subscriber = try await deployment.eventSource(channel)
                var silent: [TCPConnection] = []
                for endpoint in [deployment.api, deployment.stream, deployment.control] {
                    for part in [
                        "", "P", "POST /api/v1/mess",
                        "POST /pub?id=\(channel) HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nne",
                    ] {
                        for _ in 0..<25 {
                            let connection = try await TCPConnection.connect(to: endpoint)
                            if !part.isEmpty { try await connection.send(part) }
                            silent.append(connection)
                        }
                    }
                }
                let eventID = try await deployment.publisher().publish("alive", to: channel)
                #expect(try await subscriber.next().eventID == eventID)
                for connection in silent { connection.close() }
            }
        }
    }
}

import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// The stacks of the Compose files, from outside: real containers on the Docker Engine of this machine.
    @Suite(
        .enabled("needs a Docker Engine on this machine with the images of `make images`") {
            await DockerEngine.shared.isAvailable()
        })
    struct Compose {
        @Test func `the stack serves every transport, keeps its secrets and its publisher to itself, and leaves nothing`()
            async throws
        {
            var before: ComposeStack?
            try await ComposeStack.with("docker-compose.yml") { stack in
                before = stack
                try await Self.expectEveryTransport(stack)
                try await Self.expectAuthentication(stack)
                try await Self.expectNoPublisherOutside(stack)
                try await Self.expectStatistics(stack)
                try await Self.expectAdminApp(stack)
                try await Self.expectServiceDemo(stack)
                try await Self.expectStreamDemo(stack)
            }
            #expect(try await #require(before).resources() == [])
        }

        @Test func `the restart of each container loses nothing`() async throws {
            try await ComposeStack.with("docker-compose.yml") { stack in
                // A channel keeps 20 messages: so slow that whoever is away while a container restarts misses fewer.
                try await NumberTraffic.flow(from: stack.publisher(), to: stack.stream, pause: .seconds(1)) { traffic in
                    try await traffic.join(2)
                    for service in ["push-agent", "push-stream", "push-redis", "push-api"] {
                        try await traffic.awaitMore(2)
                        try await stack.compose(["restart", "--timeout", "2", service])
                        try await stack.awaitHealth(of: service)
                    }
                    try await traffic.awaitMore(5)
                }
            }
        }

        @Test func `subscribers of a push-stream that is killed go on at the other one`() async throws {
            try await ComposeStack.with("docker-compose.scale.yml", arguments: ["--scale", "push-api=2"]) { stack in
                try await NumberTraffic.flow(from: stack.publisher(), to: stack.stream, pause: .milliseconds(600)) { traffic in
                    let subscribers = try await traffic.join(6)
                    for service in ["push-stream-1", "push-stream-2"] {
                        try await traffic.awaitMore(2)
                        try await stack.docker("kill", "--signal", "KILL", stack.container(service))
                        try await traffic.awaitMore(5)
                        try await stack.compose(["start", service])
                        try await stack.awaitHealth(of: service)
                    }
                    var connections = 0
                    for subscriber in subscribers { connections += await subscriber.connections }
                    #expect(connections > subscribers.count)
                }
            }
        }

        /// The sample has nothing of the repository but images.
        @Test func `the sample of push-service works by itself`() async throws {
            try await ComposeStack.with("push-service/docker-compose.yml") { stack in
                let sample = Publisher(stack.api, credentials: Credentials(user: "app", password: stack.credentials.password))
                let channel = uniqueChannel("sample")
                let subscriber = try await EventSourceClient(stack.stream, channels: channel)
                try await sample.publish("hello", to: channel)
                #expect(try await subscriber.next().content == "hello")
            }
        }

        // MARK: What is expected

        private static func expectEveryTransport(_ stack: ComposeStack) async throws {
            let channel = uniqueChannel("each")
            let eventSource = try await EventSourceClient(stack.stream, channels: channel)
            let streaming = try await StreamingClient(stack.stream, channels: channel)
            let webSocket = try await WebSocketClient(stack.stream, channels: channel)
            // A first message has all of them in place: the others get the history from where they begin.
            try await stack.publisher().publish(awkwardContent, to: channel)
            let message = try await eventSource.next()
            #expect(message.content == awkwardContent)
            #expect(try await streaming.next() == message)
            #expect(try await webSocket.next() == message)
            let polled = PollingClient(stack.stream, channels: "\(channel).b1")
            #expect(try await polled.messages() == [message])
            #expect(try await JSONPClient.messages(stack.stream, channels: "\(channel).b1") == [message])
        }

        private static func expectAuthentication(_ stack: ComposeStack) async throws {
            let body = #"{"channels": ["a"], "content": "x"}"#
            for credentials in [nil, Credentials(user: stack.credentials.user, password: "wrong")] {
                let publisher = Publisher(stack.api, credentials: credentials)
                #expect(try await publisher.send("POST", "/api/v1/messages", json: body).status == 401)
            }
        }

        /// Port 9081 is neither published nor to be reached from the network of what is; 9080 has no publisher.
        private static func expectNoPublisherOutside(_ stack: ComposeStack) async throws {
            let container = try await stack.container("push-stream")
            let ports = try await stack.docker("port", container)
            #expect(ports.contains("9080/tcp -> 127.0.0.1:") && !ports.contains("9081"), "\(ports)")
            let connect = { (port: Int) in
                try await stack.docker(
                    "run", "--rm", "--network", "\(stack.project)_public", "--entrypoint", "bash", "debian:bookworm-slim", "-c",
                    "if timeout 5 bash -c 'exec 3<>/dev/tcp/push-stream/\(port)' 2>/dev/null; then echo reached; else echo refused; fi"
                )
            }
            #expect(try await connect(9080) == "reached")
            #expect(try await connect(9081) == "refused")
            let connection = try await HTTPConnection(to: stack.stream)
            let response = try await connection.response(to: HTTPRequest("POST", "/pub?id=a"))
            #expect(response.status == 404 || response.status == 405)
        }

        private static func expectStatistics(_ stack: ComposeStack) async throws {
            let channel = uniqueChannel("counted")
            let subscriber = try await EventSourceClient(stack.stream, channels: channel)
            struct Statistics: Decodable {
                struct Sum: Decodable {
                    let subscribers: Int
                }
                let aggregated: Sum
            }
            try await eventually(within: .seconds(120), every: .milliseconds(200), "the subscriber is counted") {
                let response = try await stack.publisher().send("GET", "/api/v1/stats/channels/\(channel)", json: "")
                return try response.status == 200 && response.json(Statistics.self).aggregated.subscribers == 1
            }
            withExtendedLifetime(subscriber) {}
        }

        /// An article that is written in one tab is there in another one at once, and nothing is wrong with the status.
        private static func expectServiceDemo(_ stack: ComposeStack) async throws {
            guard case .port(let port) = stack.articles else { return }
            try await withBrowser { browser in
                let (reader, writer) = (try await browser.firstTab(), try await browser.newTab())
                try await reader.open("http://localhost:\(port)/")
                try await reader.awaitShown(.path("//*[@id='live'][.='Live']"))
                try await writer.open("http://localhost:\(port)/articles/new")
                try await writer.type("From a container", into: .field("Title"))
                try await writer.click(.button("Save"))
                try await reader.awaitShown(.link("From a container"))
                try await reader.open("http://localhost:\(port)/status")
                try await reader.awaitShown(.text("push-stream answers at http://push-stream:9080"))
                try await reader.awaitShown(.text("This browser is connected to push-stream"))
            }
        }

        /// The page that shows every transport, which is on another port than push-stream.
        private static func expectStreamDemo(_ stack: ComposeStack) async throws {
            guard case .port(let port) = stack.demo, case .port(let stream) = stack.stream else { return }
            try await withBrowser { browser in
                let tab = try await browser.firstTab()
                try await tab.open("http://localhost:\(port)/")
                try await tab.click(.button("Add a connection"))
                try await tab.type("localhost", into: .field("Host"))
                try await tab.type("\(stream)", into: .field("Port"))
                try await tab.type("shown.b5", into: .field("Channels"))
                try await tab.click(.button("Save"))
                try await stack.publisher().publish("seen in the demo", to: "shown")
                try await tab.awaitShown(.text("seen in the demo"))
            }
        }

        private static func expectAdminApp(_ stack: ComposeStack) async throws {
            guard case .port(let port) = stack.api else { return }
            try await withBrowser { browser in
                let tab = try await browser.firstTab()
                try await tab.open("http://localhost:\(port)/admin")
                try await tab.awaitShown(.heading("Sign in"))
                try await tab.type(stack.credentials.user, into: .field("User name"))
                try await tab.type(stack.credentials.password, into: .field("Password"))
                try await tab.click(.button("Sign in"))
                try await tab.awaitShown(.heading("Channels"))
            }
        }
    }
}

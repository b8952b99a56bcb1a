import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// The whole story on one machine: tsuru asks pushaas, pushaas makes containers, apps publish to them and browsers receive.
    @Suite(
        .enabled("needs a Docker Engine on this machine with the images of `make images`") {
            await DockerEngine.shared.isAvailable()
        })
    struct DockerStory {
        @Test func `an instance is created, bound, used, resized, unbound and destroyed`() async throws {
            try await RunningPushaas.run(on: .shared) { pushaas, installation in
                let tsuru = Tsuru(pushaas)
                let variables = try await Self.create("mychat", tsuru, app: "shop")
                let (publisher, stream) = try await Self.clients(variables, pushaas.info("mychat"))

                try await NumberTraffic.flow(from: publisher, to: stream) { traffic in
                    let subscriber = try await traffic.join(1)[0]
                    try await Self.change("mychat", to: "medium", tsuru, during: traffic)
                    #expect(await subscriber.connections == 1)
                }
                // The addresses and the variables are as before.
                #expect(try await pushaas.bind("mychat", app: "shop") == variables)
                #expect(try Self.endpoint(try await pushaas.info("mychat")["Subscribe at"]) == stream)

                let other = try await pushaas.bind("mychat", app: "other")
                #expect(other["PUSHAAS_PASSWORD"] != variables["PUSHAAS_PASSWORD"])
                #expect(try await tsuru.send("DELETE", "/resources/mychat/bind-app", Self.bindFields("shop")).status == 200)
                // At once at the push-api that was asked, a second later at the other, which may remember the key for so long. The balancer takes
                // them in turn. Not asked often: a push-api makes who is refused more than five times wait (429).
                try await eventually(within: .seconds(60), every: .milliseconds(500), "both push-apis refuse the key") {
                    for _ in 1...4 {
                        let status = try await publisher.send("POST", "/api/v1/messages", json: Self.message).status
                        #expect(status == 401 || status == 204)
                        if status != 401 { return false }
                    }
                    return true
                }
                let (remaining, _) = try await Self.clients(other, pushaas.info("mychat"))
                #expect(try await remaining.send("POST", "/api/v1/messages", json: Self.message).status == 204)

                try await Self.destroy("mychat", tsuru, installation)
                for endpoint in [stream, try Self.endpoint(variables["PUSHAAS_ENDPOINT"])] {
                    await #expect(throws: ConnectionError.self) { try await HTTPConnection(to: endpoint) }
                }
            }
        }

        private static let message = #"{"channels": ["story"], "content": "Hello"}"#

        /// - Returns: The app's variables.
        static func create(_ name: String, _ tsuru: Tsuru, app: String) async throws -> [String: String] {
            let fields = [("name", name), ("plan", "small"), ("team", "web")]
            #expect(try await tsuru.send("POST", "/resources", fields).status == 201)
            let early = try await tsuru.send("POST", "/resources/\(name)/bind-app", self.bindFields(app)).status
            #expect(early == 412)
            #expect(try await tsuru.send("GET", "/resources/\(name)/status").status == 202)
            try await tsuru.pushaas.awaitUp(name)
            let answer = try await tsuru.send("POST", "/resources/\(name)/bind-app", self.bindFields(app))
            #expect(answer.status == 201)
            let variables: [String: String] = try answer.json()
            #expect(Set(variables.keys) == ["PUSHAAS_ENDPOINT", "PUSHAAS_USERNAME", "PUSHAAS_PASSWORD"])
            return variables
        }

        private static func bindFields(_ app: String) -> [(String, String)] {
            [("app-name", app), ("app-host", "\(app).example.com"), ("app-hosts", "\(app).example.com")]
        }

        /// What an app makes of its variables, and where its users subscribe.
        static func clients(
            _ variables: [String: String], _ info: [String: String]
        ) throws -> (Publisher, subscribers: Endpoint) {
            let credentials = Credentials(
                user: try #require(variables["PUSHAAS_USERNAME"]), password: try #require(variables["PUSHAAS_PASSWORD"]))
            let publisher = Publisher(try self.endpoint(variables["PUSHAAS_ENDPOINT"]), credentials: credentials)
            return (publisher, try self.endpoint(info["Subscribe at"]))
        }

        private static func endpoint(_ url: String?) throws -> Endpoint {
            let text = try #require(url)
            let url = try #require(URL(string: text))
            #expect(url.scheme == "http" && url.host() == "127.0.0.1")
            return .port(try #require(url.port))
        }

        /// Changes the plan while messages flow: some of them come before, some after.
        static func change(
            _ name: String, to plan: String, _ tsuru: Tsuru, during traffic: NumberTraffic
        ) async throws {
            try await traffic.awaitMore(10)
            let fields = [("plan", plan), ("team", "web"), ("description", "")]
            #expect(try await tsuru.send("PUT", "/resources/\(name)", fields).status == 200)
            try await eventually(within: .seconds(300), every: .milliseconds(200), "\(name) has the plan \(plan)") {
                let info = try await tsuru.pushaas.info(name)
                if let failure = info["Last failure"] { throw HTTPError.malformed("the change failed: \(failure)") }
                return info["Plan"] == plan && info["Status"] == "up"
            }
            try await traffic.awaitMore(10)
        }

        static func destroy(_ name: String, _ tsuru: Tsuru, _ installation: String) async throws {
            let before = try await DockerEngine.shared.resources(installation: installation)
            #expect(Set(before.map(\.kind)).isSuperset(of: ["containers", "networks"]))
            #expect(try await tsuru.send("DELETE", "/resources/\(name)").status == 200)
            for (method, path) in [("GET", ""), ("GET", "/status"), ("POST", "/bind-app"), ("PUT", "")] {
                let fields = method == "GET" ? [] : self.bindFields("shop")
                #expect(try await tsuru.send(method, "/resources/\(name)\(path)", fields).status == 404, "\(method) \(path)")
            }
            try await eventually(within: .seconds(180), every: .milliseconds(200), "no container, network or volume is left") {
                try await DockerEngine.shared.resources(installation: installation).isEmpty
            }
            // Twice is no error as long as anything is left, which here is no more than a record of the work.
            try await eventually(within: .seconds(60), every: .milliseconds(100), "there is nothing to destroy") {
                let status = try await tsuru.send("DELETE", "/resources/\(name)").status
                #expect(status == 200 || status == 404)
                return status == 404
            }
        }
    }
}

/// Sends what tsuru sends, for a user and an event.
struct Tsuru: Sendable {
    let pushaas: RunningPushaas

    init(_ pushaas: RunningPushaas) { self.pushaas = pushaas }

    func send(_ method: String, _ path: String, _ form: [(String, String)] = []) async throws -> HTTPResponse {
        let event = [("user", "user@example.com"), ("eventid", "5f3d1c0a9b8e7d6c5b4a3928")]
        let fields = [
            (name: "Accept", value: "application/json"), (name: "User-Agent", value: "Go-http-client/1.1"),
            (name: "Connection", value: "close"), (name: "X-Tsuru-User", value: event[0].1),
            (name: "X-Tsuru-Eventid", value: event[1].1),
        ]
        let all = method == "GET" ? [] : (form + event).sorted { $0.0 < $1.0 }
        return try await self.pushaas.send(method, path, form: all, fields: fields)
    }
}

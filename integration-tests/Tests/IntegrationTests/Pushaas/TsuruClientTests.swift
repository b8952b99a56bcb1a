import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// pushaas as tsuru calls it: in tsuru's order, with its rollbacks, and with answers that get lost.
    @Suite struct TsuruClient {
        private static let event: [(name: String, value: String)] = [
            ("X-Tsuru-User", "ana@example.com"), ("X-Tsuru-Eventid", "5f2b1c9e8d7a6b5c4d3e2f10"),
        ]

        /// As tsuru's form of a bind to an app with a router.
        private static func bindForm(_ app: String) -> [(String, String)] {
            [
                ("app-host", "\(app).example.com"), ("app-hosts", "\(app).example.com"),
                ("app-internal-hosts", "\(app).internal"),
                ("app-name", app), ("app-pool-name", "pool"), ("app-pool-provisioner", "kubernetes"),
                ("eventid", "5f2b1c9e8d7a6b5c4d3e2f10"), ("user", "ana@example.com"),
            ]
        }

        /// Sends a request and goes away without reading the answer, as when tsuru is restarted.
        private static func lose(
            _ pushaas: RunningPushaas, _ method: String, _ path: String, _ form: [(String, String)]
        ) async throws {
            let body = form.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
            let connection = try await HTTPConnection(to: pushaas.endpoint)
            try await connection.send(
                HTTPRequest(
                    method, "/api/v1\(path)",
                    fields: [
                        ("Authorization", RunningPushaas.credentials.authorization),
                        ("Content-Type", "application/x-www-form-urlencoded"), ("Connection", "close"),
                    ], body: Array(body.utf8)))
            connection.close()
        }

        @Test func `an app's whole life with a service instance`() async throws {
            try await RunningPushaas.run { pushaas in
                // tsuru service plan list; add; info, which asks for info, plans and status.
                let plans = try await pushaas.send("GET", "/resources/plans")
                #expect(plans.status == 200 && plans.text.contains(#""name":"small""#))
                let form = [
                    ("name", "mychat"), ("tags", "a"), ("tags", "b"), ("team", "web"), ("user", "ana@example.com"),
                    ("eventid", "5f2b1c9e8d7a6b5c4d3e2f10"),
                ]
                #expect(try await pushaas.send("POST", "/resources", form: form, fields: Self.event).status == 201)
                #expect(try await pushaas.send("POST", "/resources", form: form, fields: Self.event).status == 409)
                try await pushaas.awaitUp("mychat")
                let info = try await pushaas.info("mychat")
                #expect(info["Plan"] == "small")

                // Bind: a failed one is followed by a status request.
                let bound = try await pushaas.send(
                    "POST", "/resources/mychat/bind-app", form: Self.bindForm("myapp"), fields: Self.event)
                #expect(bound.status == 201)
                let variables = try bound.json([String: String].self)
                let endpoint = try #require(variables["PUSHAAS_ENDPOINT"].flatMap { URL(string: $0) })
                let credentials = Credentials(
                    user: try #require(variables["PUSHAAS_USERNAME"]), password: try #require(variables["PUSHAAS_PASSWORD"]))
                let publisher = Publisher(.port(try #require(endpoint.port)), credentials: credentials)
                let stream = try #require(info["Subscribe at"].flatMap { URL(string: $0) })
                let subscriber = try await EventSourceClient(.port(try #require(stream.port)), channels: "news")
                try await publisher.publish("Hello", to: "news")
                #expect(try await subscriber.next(within: .seconds(60)).content == "Hello")

                // tsuru fails to set the variables: DELETE bind-app; then the user tries again.
                #expect(
                    try await pushaas.send("DELETE", "/resources/mychat/bind-app", form: Self.bindForm("myapp")).status == 200)
                #expect(try await publisher.send("GET", "/api/v1/auth").status == 401)
                // tsuru fails to restart the app after an unbind: it binds again and throws the answer away. The app has the old variables.
                let again = try await pushaas.bind("mychat", app: "myapp")
                #expect(again == variables)
                #expect(try await publisher.send("GET", "/api/v1/auth").status == 200)

                // An update that names the same plan, with everything that tsuru always sends.
                let update = [
                    ("description", ""), ("eventid", "e"), ("plan", "small"), ("tags", ""), ("team", "ops"), ("user", "u"),
                ]
                #expect(try await pushaas.send("PUT", "/resources/mychat", form: update, fields: Self.event).status == 200)
                #expect(try await pushaas.send("PUT", "/resources/mychat", form: [("plan", "huge")]).status == 400)

                // A job, and units of old versions, beside the app; removing the instance does not ask for them.
                #expect(
                    try await pushaas.send("PUT", "/resources/mychat/binds/jobs/nightly", form: [("job-name", "nightly")]).status
                        == 201)
                for unit in ["10.0.0.1", "10.0.0.2"] {
                    let form = [("app-name", "myapp"), ("app-host", "myapp.example.com"), ("unit-host", unit)]
                    #expect(try await pushaas.send("POST", "/resources/mychat/bind", form: form).status / 100 == 2)
                    #expect(try await pushaas.send("DELETE", "/resources/mychat/bind", form: [("unit-host", unit)]).status == 200)
                }
                #expect(
                    try await pushaas.send("DELETE", "/resources/mychat/bind", form: [("unit-host", "10.9.9.9")]).status == 200)
                let removal = [("eventid", "e"), ("user", "ana@example.com")]
                #expect(try await pushaas.send("DELETE", "/resources/mychat", form: removal, fields: Self.event).status == 200)
                for path in ["", "/status", "/anything"] {
                    #expect(try await pushaas.send("GET", "/resources/mychat\(path)").status == 404)
                }
                for path in ["/bind-app", "/bind"] {
                    #expect(
                        try await pushaas.send("POST", "/resources/mychat\(path)", form: Self.bindForm("myapp")).status == 404)
                }
                // The name is free, and nothing of before is left in it.
                #expect(try await pushaas.send("POST", "/resources", form: form).status == 201)
                try await pushaas.awaitUp("mychat")
                #expect(try await pushaas.bind("mychat", app: "myapp") != variables)
                let log = pushaas.process.text
                #expect(log.contains("ana@example.com") && log.contains("5f2b1c9e8d7a6b5c4d3e2f10"))
                #expect(!log.contains(credentials.password))
            }
        }

        @Test func `answers that get lost cost nothing`() async throws {
            try await RunningPushaas.run { pushaas in
                // A creation whose answer is lost: the user's retry meets 409, and removes what is there.
                try await Self.lose(pushaas, "POST", "/resources", [("name", "mychat")])
                try await eventually(within: .seconds(60), "the creation is there") {
                    try await pushaas.send("GET", "/resources/mychat").status == 200
                }
                #expect(try await pushaas.send("POST", "/resources", form: [("name", "mychat")]).status == 409)
                #expect(try await pushaas.send("DELETE", "/resources/mychat", form: [("user", "u")]).status == 200)
                #expect(try await pushaas.send("POST", "/resources", form: [("name", "mychat")]).status == 201)
                try await pushaas.awaitUp("mychat")

                // A bind whose answer is lost: tsuru takes it for not bound, and the next try is a second bind.
                try await Self.lose(pushaas, "POST", "/resources/mychat/bind-app", [("app-name", "myapp")])
                let variables = try await pushaas.bind("mychat", app: "myapp")
                #expect(try await pushaas.bind("mychat", app: "myapp") == variables)
                // Many at once are one bind.
                let many = try await withThrowingTaskGroup(of: [String: String].self) { group in
                    for _ in 0..<8 { group.addTask { try await pushaas.bind("mychat", app: "other") } }
                    return try await group.reduce(into: Set<[String: String]>()) { $0.insert($1) }
                }
                #expect(many.count == 1)

                // An unbind whose answer is lost is sent again: unknown by now is fine.
                try await Self.lose(pushaas, "DELETE", "/resources/mychat/bind-app", [("app-name", "myapp")])
                let second = try await pushaas.send("DELETE", "/resources/mychat/bind-app", form: [("app-name", "myapp")])
                #expect(second.status == 200 || second.status == 404)
                // So is a removal, as long as anything is left of the instance.
                try await Self.lose(pushaas, "DELETE", "/resources/mychat", [("user", "u")])
                try await eventually(within: .seconds(60), "the instance is gone") {
                    try await pushaas.send("GET", "/resources/mychat").status == 404
                }
                #expect(try await pushaas.send("DELETE", "/resources/mychat", form: [("user", "u")]).status == 200)
                try await eventually(within: .seconds(120), "nothing is left anywhere") {
                    try await pushaas.send("DELETE", "/resources/mychat", form: [("user", "u")]).status == 404
                }
                #expect((try? FileManager.default.contentsOfDirectory(atPath: pushaas.instancesFolder)) ?? [] == [])
            }
        }

        @Test func `a pushaas that is killed and started again goes on where it was`() async throws {
            try await RunningPushaas.run { pushaas in
                for name in ["one", "two", "three"] {
                    #expect(try await pushaas.send("POST", "/resources", form: [("name", name)]).status == 201)
                }
                pushaas.process.signal(SIGKILL)
                _ = try await pushaas.process.exit()
                try await RunningPushaas.run(environment: [
                    "PUSHAAS_REDIS__URL": pushaas.redis.url,
                    "PUSHAAS_PROVISIONER__PROCESS__DATA_DIR": pushaas.instancesFolder,
                ]) { next in
                    for name in ["one", "two", "three"] {
                        try await next.awaitUp(name)
                        #expect(try await next.bind(name, app: "myapp").count == 3)
                    }
                    #expect(try FileManager.default.contentsOfDirectory(atPath: pushaas.instancesFolder).count == 3)
                }
            }
        }
    }
}

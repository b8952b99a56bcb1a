import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd.DockerStory {
    @Test func `an Engine that goes away and comes back delays jobs, and instances do not notice`() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("docker.sock")
        let engine = try await SocketProxy(from: .unixSocket(path), to: DockerEngine.shared.socket)
        let environment = ["PUSHAAS_PROVISIONER__DOCKER__HOST": "unix://\(path)"]
        try await RunningPushaas.run(on: .shared, environment: environment) { pushaas, installation in
            let tsuru = Tsuru(pushaas)
            func containers() async throws -> Set<String> {
                let resources = try await DockerEngine.shared.resources(installation: installation)
                return Set(resources.filter { $0.kind == "containers" }.map(\.name))
            }

            // While it is created: after some of its containers, before others.
            #expect(try await tsuru.send("POST", "/resources", [("name", "patient"), ("plan", "small")]).status == 201)
            try await eventually(within: .seconds(120), every: .milliseconds(20), "the first container") {
                try await !containers().isEmpty
            }
            let id = try await Self.report("/instances/patient", pushaas).id
            try await Self.outage(of: engine, pushaas, at: "/instances/patient") {
                #expect(try await tsuru.send("GET", "/resources/patient/status").status == 202)
                try await eventually(within: .seconds(60), every: .milliseconds(100), "pushaas is not ready") {
                    try await pushaas.status(of: "/readyz") == 503
                }
            }
            try await pushaas.awaitUp("patient")
            let variables = try await pushaas.bind("patient", app: "shop")
            let (publisher, stream) = try await Self.clients(variables, pushaas.info("patient"))

            // While its plan is changed, after Redis has moved to a volume: messages flow all the time.
            let before = try await containers()
            try await NumberTraffic.flow(from: publisher, to: stream) { traffic in
                try await traffic.join(1)
                #expect(try await tsuru.send("PUT", "/resources/patient", [("plan", "medium")]).status == 200)
                try await eventually(within: .seconds(120), every: .milliseconds(20), "another push-stream") {
                    try await containers().subtracting(before).contains { $0.contains("-stream-") }
                }
                try await Self.outage(of: engine, pushaas, at: "/instances/patient") { try await traffic.awaitMore(10) }
                try await eventually(within: .seconds(300), every: .milliseconds(200), "the new plan") {
                    let info = try await pushaas.info("patient")
                    return info["Plan"] == "medium" && info["Status"] == "up"
                }
            }

            // While it is destroyed.
            let all = try await containers()
            #expect(try await tsuru.send("DELETE", "/resources/patient").status == 200)
            try await eventually(within: .seconds(120), every: .milliseconds(20), "a container goes") {
                try await containers().count < all.count
            }
            try await Self.outage(of: engine, pushaas, at: "/destroyed/\(id)") {
                let status = try await tsuru.send("GET", "/resources/patient").status
                #expect(status == 404)
            }
            try await eventually(within: .seconds(180), every: .milliseconds(200), "nothing is left") {
                try await DockerEngine.shared.resources(installation: installation).isEmpty
            }
        }
    }

    /// Takes the Engine away until the job at hand has noticed, and as long as `body` runs.
    private static func outage(
        of engine: SocketProxy, _ pushaas: RunningPushaas, at path: String, _ body: () async throws -> Void
    ) async throws {
        let before = try await self.report(path, pushaas).failures
        try await engine.cut()
        try await eventually(within: .seconds(60), every: .milliseconds(100), "the job has noticed") {
            try await self.report(path, pushaas).failures > before
        }
        try await body()
        try await engine.restore()
    }

    private struct Report: Decodable {
        struct Line: Decodable {
            let text: String
        }

        let id: String
        let log: [Line]

        var failures: Int { self.log.count { $0.text.contains("the Docker Engine at unix://") } }
    }

    private static func report(_ path: String, _ pushaas: RunningPushaas) async throws -> Report {
        let answer = try await pushaas.send("GET", path)
        guard answer.status == 200 else { throw HTTPError.status(answer.status, body: answer.text) }
        return try answer.json()
    }
}

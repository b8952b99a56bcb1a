import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd.Compose {
    /// pushaas in a container, with the Engine's socket, as the profile `pushaas` of docker-compose.yml has it.
    @Test func `pushaas of the stack provisions, binds, resizes and destroys an instance`() async throws {
        let installation = "compose-\(UInt32.random(in: 0 ... .max))"
        let port = try ServicePort.allocate()
        let password = "tsuru-\(UInt32.random(in: 0 ... .max))"
        let socket = DockerEngine.shared.socket
        let group = try FileManager.default.attributesOfItem(atPath: socket)[.groupOwnerAccountID] as? Int ?? 0
        // The last of two equal settings counts.
        let settings = [
            "PUSHAAS_INSTALLATION=\(installation)", "PUSHAAS_PORT=\(port)", "PUSHAAS_PASSWORD=\(password)",
            "DOCKER_SOCKET=\(socket)",
            "DOCKER_GROUP=\(group)",
        ]
        try await ComposeStack.with("docker-compose.yml", profiles: "pushaas", more: settings) { stack in
            do {
                try await Self.story(Caller(stack: stack, address: "http://localhost:\(port)/api/v1", user: "tsuru:\(password)"))
                try await eventually(within: .seconds(180), every: .milliseconds(200), "nothing of the instance is left") {
                    try await DockerEngine.shared.resources(installation: installation).isEmpty
                }
            } catch {
                // Nobody else takes away what pushaas has made.
                try await stack.compose(["stop", "pushaas"])
                try await DockerEngine.shared.removeAll(installation: installation)
                throw error
            }
        }
    }

    private static func story(_ tsuru: Caller) async throws {
        #expect(try await tsuru.call("-d", "name=chat", "-d", "plan=small", "/resources").status == 201)
        try await eventually(within: .seconds(240), every: .milliseconds(500), "the instance is up") {
            try await tsuru.call("/resources/chat/status").status == 204
        }
        let bound = try await tsuru.call("-d", "app-name=shop", "/resources/chat/bind-app")
        #expect(bound.status == 201)
        let variables = try JSONDecoder().decode([String: String].self, from: Data(bound.body.utf8))
        let app = Caller(
            stack: tsuru.stack, address: try #require(variables["PUSHAAS_ENDPOINT"]),
            user: "\(variables["PUSHAAS_USERNAME"] ?? ""):\(variables["PUSHAAS_PASSWORD"] ?? "")")
        let before = try await Self.info(tsuru)
        try await self.exchange("before", app, subscribe: try #require(before["Subscribe at"]))

        #expect(try await tsuru.call("-X", "PUT", "-d", "plan=medium", "/resources/chat").status == 200)
        try await eventually(within: .seconds(240), every: .milliseconds(500), "the instance has the plan medium") {
            let info = try await Self.info(tsuru)
            return info["Plan"] == "medium" && info["Status"] == "up"
        }
        try await self.exchange("after", app, subscribe: try #require(before["Subscribe at"]))

        #expect(try await tsuru.call("-X", "DELETE", "-d", "app-name=shop", "/resources/chat/bind-app").status == 200)
        #expect(try await tsuru.call("-X", "DELETE", "/resources/chat").status == 200)
    }

    /// Publishes as the app does, and gets the message as a browser does.
    private static func exchange(_ text: String, _ app: Caller, subscribe: String) async throws {
        let body = #"{"channels": ["story"], "content": "\#(text)"}"#
        let published = try await app.call("-H", "Content-Type: application/json", "-d", body, "/api/v1/messages")
        #expect(published.status == 204, "\(published.body)")
        try await eventually(within: .seconds(60), every: .milliseconds(200), "'\(text)' arrives") {
            try await Caller(stack: app.stack, address: subscribe, user: ":").call("/lp/story.b1").body.contains(text)
        }
    }

    private static func info(_ tsuru: Caller) async throws -> [String: String] {
        struct Item: Decodable {
            let label: String
            let value: String
        }
        let answer = try await tsuru.call("/resources/chat")
        let items = try JSONDecoder().decode([Item].self, from: Data(answer.body.utf8))
        return Dictionary(items.map { ($0.label, $0.value) }) { first, _ in first }
    }
}

/// Calls an address of this machine that is not its loopback interface's.
private struct Caller {
    let stack: ComposeStack
    let address: String
    let user: String

    /// - Parameter arguments: Of curl, with the path at last.
    func call(_ arguments: String...) async throws -> (status: Int, body: String) {
        let process = try TestProcess(
            "curl",
            arguments: ["-s", "-m", "60", "-u", self.user, "-w", "\n%{http_code}"] + arguments.dropLast() + [
                self.address + (arguments.last ?? "")
            ])
        try await process.finish(within: .seconds(90))
        let lines = process.lines.filter { $0.stream == .standardOutput }.map(\.text)
        return (Int(lines.last ?? "") ?? 0, lines.dropLast().joined(separator: "\n"))
    }
}

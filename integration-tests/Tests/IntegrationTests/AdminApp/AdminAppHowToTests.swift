import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// The examples of the how-to page do what they say.
    @Suite struct AdminAppHowTo {
        private struct Key: Decodable {
            let key: String
        }

        @Test func `the examples hold this installation's addresses and work as they are`() async throws {
            try await withAdminApp { app in
                let tab = try await app.signedInTab(at: "#/how-to")
                let channel = "o'clock"
                try await tab.type(channel, into: .field("Channel of the examples"))

                // In the browser: the text of the examples, run in the page.
                for (number, transport) in [(1, "EventSource"), (2, "WebSocket")] {
                    let code = try await tab.text(of: Self.example("Subscribe", number))
                    #expect(code.contains("new \(transport)("))
                    let _: Bool? = try await tab.evaluate(
                        "window.seen = []; console.log = (...words) => window.seen.push(words.join(' '));\n\(code)")
                    try await app.deployment.awaitSubscribers(number, of: AdminAppRun.escaped(channel))
                    try await app.deployment.publisher().publish("to \(transport) é", to: channel)
                    try await eventually("\(transport) has it") {
                        try await tab.evaluate("return window.seen", as: [String].self).contains("\(channel) to \(transport) é")
                    }
                }

                // In a shell: the commands as they are copied.
                let answer = try await app.deployment.publisher().send(
                    "POST", "/api/v1/keys", json: #"{"name":"examples","scopes":["publish","channels"]}"#)
                #expect(answer.status == 201)
                let environment = ["PUSH_KEY": try answer.json(Key.self).key]
                let subscriber = try await app.deployment.eventSource(AdminAppRun.escaped(channel))
                try await Self.run(try await tab.text(of: Self.example("Publish", 1)), environment)
                #expect(try await subscriber.next().content == "Hello")
                let credentials = "\(app.deployment.credentials.user):\(app.deployment.credentials.password)"
                let command = try await tab.text(of: Self.example("Publish", 2))
                try await Self.run(command.replacingOccurrences(of: "-u USER", with: "-u '\(credentials)'"), environment)
                #expect(try await subscriber.next().content == "Hello")
                try await Self.run(try await tab.text(of: Self.example("Publish", 3)), environment)
                #expect(
                    try await app.deployment.publisher().send("GET", "/api/v1/channels/\(AdminAppRun.escaped(channel))").status
                        == 200)

                // The other languages name the same addresses.
                try await tab.click(.choice("Swift"))
                #expect(try await tab.text(of: Self.example("Subscribe", 1)).contains("/ev/o'clock"))
                try await app.expectCleanConsole()
            }
        }

        private static func example(_ panel: String, _ number: Int) -> Locator {
            .path("(//section[@aria-label='\(panel)']//pre)[\(number)]")
        }

        private static func run(_ command: String, _ environment: [String: String]) async throws {
            let process = try TestProcess(
                "sh", arguments: ["-c", command.replacingOccurrences(of: "curl ", with: "curl --fail --silent --show-error ")],
                environment: environment)
            #expect(try await process.exit() == .exited(0), "\(command)\n\(process.text)")
        }
    }
}

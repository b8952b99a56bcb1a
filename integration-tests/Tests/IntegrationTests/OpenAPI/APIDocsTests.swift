import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// `/api/docs` in a browser.
    @Suite struct APIDocs {
        private struct Key: Decodable, Sendable {
            let id: String
            let key: String
        }

        @Test func `every operation and schema of the description is shown`() async throws {
            try await withAdminApp { app in
                let tab = try await app.browser.firstTab()
                try await tab.open(app.docs)
                try await tab.awaitShown(.heading("Push Service: publishing API"))
                let answer = try await app.deployment.publisher().send("GET", "/api/v1/openapi.json")
                let description = try #require(try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
                let paths = description["paths"] as? [String: [String: Any]] ?? [:]
                let operations = paths.values.flatMap(\.values).compactMap { $0 as? [String: Any] }
                let schemas = (description["components"] as? [String: [String: Any]])?["schemas"] ?? [:]
                let names = operations.compactMap { $0["operationId"] as? String } + schemas.keys.map { "schema-\($0)" }
                #expect(operations.count > 20 && names.count > operations.count)
                for name in names {
                    #expect(try await tab.isShown(.path("//section[@id='\(name)']")), "\(name)")
                    #expect(try await tab.isShown(.path("//nav//a[@href='#\(name)']")), "\(name)")
                }
                // Every link within the page leads to a place of the page.
                let dead: [String] = try await tab.evaluate(
                    """
                    return [...document.querySelectorAll("a[href^='#']")].map((link) => link.getAttribute("href").slice(1))
                      .filter((id) => id !== "/" && !document.getElementById(id));
                    """)
                #expect(dead == [])

                // Answers are folded.
                let unavailable = Locator.path("//section[@id='publish']//details[summary/code='503']")
                try await tab.click(.path("//section[@id='publish']//summary[code='503']"))
                #expect(try await tab.text(of: unavailable).contains("Retry-After"))
                try await app.expectCleanConsole()
            }
        }

        @Test func `an address of an operation leads to it`() async throws {
            try await withAdminApp { app in
                let tab = try await app.browser.firstTab()
                try await tab.open(app.docs + "#createKey")
                try await tab.awaitShown(.path("//section[@id='createKey']"))
                try await eventually("the operation is in sight") {
                    try await tab.evaluate(
                        "const top = document.getElementById('createKey').getBoundingClientRect().top; return top >= 0 && top < innerHeight"
                    )
                }
            }
        }

        /// The commands, in a shell, the way a reader pastes them.
        @Test func `the commands work as they stand, with the user and with a key`() async throws {
            try await withAdminApp { app in
                let channel = "it's-über"
                let tab = try await app.browser.firstTab()
                try await tab.open(app.docs)
                let credentials = app.deployment.credentials

                let subscriber = try await app.deployment.eventSource(AdminAppRun.escaped(channel))
                try await tab.type(
                    #"{"channels":["\#(channel)"],"content":"It's \"quoted\""}"#, into: Self.input("publish", "Body"))
                let publish = try await Self.command(tab, "publish")
                #expect(publish.contains("-u USER"))
                // curl would ask for the password.
                try await Self.run(publish.replacing("-u USER", with: "-u '\(credentials.user):\(credentials.password)'"))
                #expect(try await subscriber.next().content == #"It's "quoted""#)

                let created = try await app.deployment.publisher().send(
                    "POST", "/api/v1/keys", json: #"{"name":"docs","scopes":["admin"]}"#)
                let key: Key = try created.json()
                try await tab.click(.choice("API key"))
                let environment = ["PUSH_API_KEY": key.key]
                #expect(try await Self.command(tab, "publish").contains("Bearer $PUSH_API_KEY"))
                try await Self.run(try await Self.command(tab, "publish"), environment)
                #expect(try await subscriber.next().content == #"It's "quoted""#)

                try await tab.type(#"{"id":"\#(channel)"}"#, into: Self.input("createChannel", "Body"))
                try await Self.run(try await Self.command(tab, "createChannel"), environment)
                try await tab.type(channel, into: Self.input("deleteChannel", "id (path, required)"))
                try await Self.run(try await Self.command(tab, "deleteChannel"), environment)
                try await Self.run(try await Self.command(tab, "deleteChannel"), environment, isFailure: true)
                try await tab.type("3", into: Self.input("topChannels", "limit (query)"))
                #expect(try await Self.command(tab, "topChannels").contains("?limit=3"))
                try await Self.run(try await Self.command(tab, "topChannels"), environment)
                try await tab.type(key.id, into: Self.input("revokeKey", "id (path, required)"))
                try await Self.run(try await Self.command(tab, "revokeKey"), environment)
                // What needs no sign-in is asked without.
                #expect(try await Self.command(tab, "readDescription") == "curl \(app.origin)/api/v1/openapi.json")
                try await app.expectCleanConsole()
            }
        }

        @Test func `it fits each screen and can be read in both colour schemes`() async throws {
            try await withAdminApp { app in
                let tab = try await app.browser.firstTab()
                for screen in Screen.allCases {
                    try await tab.emulate(screen)
                    try await tab.open(app.docs)
                    try await tab.awaitShown(.heading("Push Service: publishing API"))
                    // Unfolded, all of it.
                    try await tab.evaluate(
                        "for (const one of document.querySelectorAll('details')) one.open = true; return true", as: Bool.self)
                    try await AdminAppLook.look(at: "api-docs", tab, screen)
                }
            }
        }

        @Test func `a description that cannot be read is explained, and asked for again`() async throws {
            try await withAdminApp { app in
                let tab = try await app.browser.firstTab()
                try await tab.open(app.docs)
                try await tab.awaitShown(.heading("Messages"))
                // The page itself is in the browser's memory; what it asks for is not there.
                try await tab.evaluate(
                    """
                    const fetched = window.fetch;
                    window.fetch = () => { window.fetch = fetched; return Promise.reject(new Error("no network")); };
                    return true;
                    """, as: Bool.self)
                try await tab.evaluate("import(document.scripts[0].src + '?again'); return true", as: Bool.self)
                try await tab.awaitShown(.text("could not be read"))
                try await tab.click(.button("Try again"))
                try await tab.awaitShown(.heading("Messages"))
            }
        }

        private static func input(_ operation: String, _ label: String) -> Locator {
            .path("//section[@id='\(operation)']//*[@id=//section[@id='\(operation)']//label[normalize-space()='\(label)']/@for]")
        }

        private static func command(_ tab: BrowserTab, _ operation: String) async throws -> String {
            try await tab.text(of: .path("//section[@id='\(operation)']//pre[@aria-label='Command']"))
        }

        private static func run(_ command: String, _ environment: [String: String] = [:], isFailure: Bool = false) async throws {
            let process = try TestProcess(
                "sh", arguments: ["-c", "curl --fail --silent --show-error" + command.dropFirst("curl".count)],
                environment: environment)
            // 22: an error of HTTP.
            #expect(try await process.exit() == .exited(isFailure ? 22 : 0), "\(command)\n\(process.text)")
        }
    }
}

extension AdminAppRun {
    fileprivate var origin: String { String(self.address.dropLast("/admin".count)) }
    fileprivate var docs: String { "\(self.origin)/api/docs" }
}

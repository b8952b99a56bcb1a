import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// The admin app of pushaas in a browser, over instances that are real processes.
    ///
    /// With `PUSH_SCREENSHOTS=/some/folder`, each page is also written there as a PNG, to be looked at.
    @Suite struct PushaasAdminApp {
        @Test func `an instance is created, watched, bound, changed and destroyed`() async throws {
            try await Self.withAdminApp { pushaas, browser in
                let tab = try await browser.firstTab()
                try await Self.signIn(tab, pushaas)
                try await tab.awaitShown(.text("There is no instance yet"))

                try await tab.click(.button("Create instance"))
                try await tab.type("My_chat", into: .field("Name"))
                try await tab.click(.path("//dialog//button[@type='submit']"))
                try await tab.awaitShown(.heading("My_chat"))
                try await tab.awaitShown(.text("Running"))
                for step in ["Make a folder and choose ports", "Start push-service"] { try await tab.awaitShown(.text(step)) }
                try await tab.awaitShown(.text("Creation: done"))
                try await tab.awaitShown(.text("Nothing is bound"))

                _ = try await pushaas.bind("My_chat", app: "myapp")
                try await tab.awaitShown(.text("myapp"))

                try await tab.click(.button("Inspect"))
                try await tab.awaitShown(.text("Everything is as the plan says"))
                try await tab.click(.button("Change plan"))
                try await tab.choose(
                    "medium: Two push-streams and two push-apis, Redis on disk: 10,000 subscribers, 1,000 messages per second",
                    in: .field("Plan"))
                try await tab.click(.path("//dialog//button[@type='submit']"))
                try await tab.awaitShown(.text("Change of plan: done"))
                #expect(try await pushaas.info("My_chat").values.contains { $0.hasPrefix("medium") })

                try await tab.click(.button("Destroy"))
                try await tab.click(.button("Destroy instance"))
                try await tab.awaitShown(.heading("Instances"))
                try await tab.awaitShown(.text("There is no instance yet"))
                #expect(try await pushaas.send("GET", "/resources/My_chat/status").status == 404)
                try await eventually(within: .seconds(90), "nothing is left") {
                    (try? FileManager.default.contentsOfDirectory(atPath: pushaas.instancesFolder))?.isEmpty ?? true
                }
                try await tab.awaitNone(.heading("Being removed"))
            }
        }

        @Test func `a creation that failed says why and is tried again`() async throws {
            let programs = try TemporaryDirectory()
            // It ends at once, like a program that its machine cannot run.
            let program = try programs.write("#!/bin/sh\necho 'no such Redis module'\nexit 1\n", to: "push-service")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
            try await Self.withAdminApp(["PUSHAAS_PROVISIONER__PROCESS__PROGRAM": program]) { pushaas, browser in
                #expect(try await pushaas.send("POST", "/resources", form: [("name", "broken")]).status == 201)
                let tab = try await browser.firstTab()
                try await Self.signIn(tab, pushaas, at: "#/instances/broken")
                try await tab.awaitShown(.text("no such Redis module"))
                try await tab.awaitShown(.text("Failed"))
                // Mended, it is made after all.
                try FileManager.default.removeItem(atPath: program)
                try FileManager.default.createSymbolicLink(
                    atPath: program, withDestinationPath: try Repository.binary("push-service"))
                try await tab.click(.button("Try again"))
                try await tab.awaitShown(.text("Running"))
                try await tab.awaitShown(.text("Creation: done"))
            }
        }

        @Test func `wrong credentials, and those that are refused later, are explained`() async throws {
            try await Self.withAdminApp { pushaas, browser in
                let tab = try await browser.firstTab()
                try await tab.open("http://localhost:\(pushaas.port)/admin")
                try await tab.type("tsuru", into: .field("User name"))
                try await tab.type("wrong", into: .field("Password"))
                try await tab.click(.button("Sign in"))
                try await tab.awaitShown(.text("User name or password is wrong."))
                try await tab.type(RunningPushaas.credentials.password, into: .field("Password"))
                try await tab.click(.button("Sign in"))
                try await tab.awaitShown(.heading("Instances"))
                try await tab.open("http://localhost:\(pushaas.port)/admin#/instances/nobody")
                try await tab.awaitShown(.text("There is no instance"))
                try await tab.open("http://localhost:\(pushaas.port)/admin#/destroyed/abcdefghijkl")
                try await tab.awaitShown(.text("Nothing is left of this instance"))
                try await pushaas.redis.stop()
                try await tab.open("http://localhost:\(pushaas.port)/admin#/instances")
                try await tab.awaitShown(.text("The service is not ready"))
                try await pushaas.redis.launch()
                try await tab.awaitShown(.text("There is no instance yet"))
            }
        }

        @Test func `each page fits its screen and can be read in both colour schemes`() async throws {
            try await Self.withAdminApp { pushaas, browser in
                for name in ["shop", "a-long-name-\(String(repeating: "long_", count: 30))"] {
                    #expect(try await pushaas.send("POST", "/resources", form: [("name", name), ("team", "web")]).status == 201)
                    try await pushaas.awaitUp(name)
                }
                for app in ["shop-web", "shop-worker"] { _ = try await pushaas.bind("shop", app: app) }
                let tab = try await browser.firstTab()
                for screen in Screen.allCases {
                    try await tab.emulate(screen)
                    try await tab.open("http://localhost:\(pushaas.port)/admin")
                    try await tab.awaitShown(.heading("Sign in"))
                    try await AdminAppLook.look(at: "pushaas-sign-in", tab, screen)
                    try await Self.signIn(tab, pushaas)
                    let pages: [(String, String, Locator)] = [
                        ("instances", "#/instances", .link("shop")), ("instance", "#/instances/shop", .text("shop-worker")),
                        ("plans", "#/plans", .heading("medium")), ("tsuru", "#/tsuru", .heading("Use it")),
                    ]
                    for (page, fragment, shown) in pages {
                        try await tab.open("http://localhost:\(pushaas.port)/admin\(fragment)")
                        try await tab.awaitShown(shown)
                        try await AdminAppLook.look(at: "pushaas-\(page)", tab, screen)
                    }
                    try await tab.open("http://localhost:\(pushaas.port)/admin#/instances")
                    try await tab.click(.button("Create instance"))
                    try await tab.awaitShown(.path("//dialog"))
                    try await AdminAppLook.look(at: "pushaas-create", tab, screen)
                    try await tab.press(IntegrationSupport.Key.escape)
                    try await tab.click(.button("Sign out"))
                }
            }
        }

        private static func withAdminApp(
            _ environment: [String: String] = [:], _ body: (RunningPushaas, Browser) async throws -> Void
        ) async throws {
            try await RunningPushaas.run(environment: environment) { pushaas in
                try await withBrowser { browser in try await body(pushaas, browser) }
            }
        }

        private static func signIn(_ tab: BrowserTab, _ pushaas: RunningPushaas, at fragment: String = "") async throws {
            try await tab.open("http://localhost:\(pushaas.port)/admin\(fragment)")
            try await tab.type(RunningPushaas.credentials.user, into: .field("User name"))
            try await tab.type(RunningPushaas.credentials.password, into: .field("Password"))
            try await tab.click(.button("Sign in"))
        }
    }
}

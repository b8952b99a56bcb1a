import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// What the admin app says when something is wrong: never JSON, and always what can be done.
    @Suite struct AdminAppErrors {
        @Test func `a server that is gone, a browser that is offline, and their return`() async throws {
            try await withAdminApp { app in
                let tab = try await app.signedInTab()
                try await tab.awaitShown(.text("There is no channel yet"))

                try await app.deployment.kill(.pushAPI)
                try await tab.click(.button("Create channel"))
                try await tab.type("kept", into: .field("Name"))
                try await tab.press(Key.enter)
                try await tab.awaitShown(.text("The server does not answer"))
                // What was typed is still there.
                #expect(try await tab.property("value", of: .field("Name")) == "kept")
                try await app.deployment.start()
                try await tab.click(.button("Create channel").within(.path("//dialog")))
                try await tab.awaitShown(.link("kept"))

                try await tab.setOffline(true)
                try await tab.click(.button("Delete kept"))
                try await tab.click(.button("Delete channel"))
                try await tab.awaitShown(.text("You are offline"))
                try await tab.setOffline(false)
                try await tab.click(.button("Delete channel"))
                try await tab.awaitShown(.text("There is no channel yet"))
            }
        }

        @Test func `a push-stream that is gone is explained, with its address, until it is back`() async throws {
            try await withAdminApp { app in
                let tab = try await app.signedInTab(at: "#/channels/here")
                try await tab.awaitShown(.text("Connected"))
                try await app.deployment.kill(.pushStream)
                try await tab.awaitShown(.text("push-stream does not take this connection"))
                guard case .port(let port) = app.deployment.stream else { return }
                try await tab.awaitShown(.text(":\(port) (push_stream.url)"))
                try await app.deployment.start()
                try await tab.awaitShown(.text("Connected"))
                try await eventually("the explanation goes") {
                    try await !tab.isShown(.text("push-stream does not take this connection"))
                }
            }
        }

        @Test func `a database that is gone is explained, with the wait`() async throws {
            try await withAdminApp { app in
                let tab = try await app.signedInTab()
                try await tab.awaitShown(.text("There is no channel yet"))
                try await app.deployment.kill(.redis)
                // It is a second.
                try await tab.watch(for: "Try again in ")
                try await tab.click(.button("Create channel"))
                try await tab.type("kept", into: .field("Name"))
                try await tab.press(Key.enter)
                try await tab.awaitShown(.text("The service is not ready"))
                try await tab.awaitSeen("Try again in ")
                try await app.deployment.start()
                // The button comes back by itself when the wait is over.
                try await eventually(within: .seconds(120), "the channel is created") {
                    if try await tab.isShown(.link("kept")) { return true }
                    if try await tab.isShown(.path("//dialog[@open]")) {
                        try await tab.click(.button("Create channel").within(.path("//dialog")))
                    }
                    return false
                }
            }
        }

        @Test func `a list that takes its time says that it loads, then why it does not, and loads when it can`() async throws {
            try await withAdminApp { app in
                let publisher = app.deployment.publisher()
                #expect(try await publisher.send("POST", "/api/v1/channels", json: #"{"id":"here","ttl":0}"#).status == 201)
                let tab = try await app.signedInTab(at: "#/how-to")
                try await tab.awaitShown(.heading("How to"))
                app.deployment.process(.redis)?.signal(SIGSTOP)
                // push-api gives up soon, perhaps before one looks.
                try await tab.watch(for: "Loading…")
                try await tab.click(.link("Channels"))
                try await tab.awaitSeen("Loading…")
                try await tab.awaitShown(.text("The service is not ready"))
                app.deployment.process(.redis)?.signal(SIGCONT)
                // The button waits as long as the service asks, then it works.
                try await tab.click(.button("Try again"))
                try await tab.awaitShown(.link("here"))
                try await app.expectCleanConsole(failures: [("/api/v1/channels", 503)])
            }
        }

        @Test func `what the service refuses is told in its words`() async throws {
            try await withAdminApp { app in
                let tab = try await app.signedInTab()
                for _ in 0..<2 {
                    try await tab.click(.button("Create channel"))
                    try await tab.type("twice", into: .field("Name"))
                    try await tab.press(Key.enter)
                }
                try await tab.awaitShown(.text("This was not accepted"))
                try await tab.awaitShown(.text("This channel exists already"))
                try await tab.press(Key.escape)
                try await tab.awaitNone(.path("//dialog"))
                // A channel's name with a slash is refused too, and nothing of it is left.
                try await tab.click(.button("Create channel"))
                try await tab.type("a/b", into: .field("Name"))
                try await tab.press(Key.enter)
                try await tab.awaitShown(.text("must not contain"))
                try await app.expectCleanConsole(failures: [("/api/v1/channels", 400)])
            }
        }

        @Test func `credentials that are not accepted any more lead to the sign-in page`() async throws {
            try await withAdminApp { app in
                let tab = try await app.signedInTab()
                try await tab.awaitShown(.text("There is no channel yet"))
                let script = "sessionStorage.setItem('push-api.session', JSON.stringify({ user: 'x', password: 'y' }))"
                let _: String? = try await tab.evaluate(script)
                try await tab.click(.link("Statistics"))
                try await tab.awaitShown(.heading("Sign in"))
                try await tab.awaitShown(.text("Your credentials are not accepted any more."))
            }
        }
    }
}

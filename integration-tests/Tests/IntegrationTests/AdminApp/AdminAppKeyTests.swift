import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// API keys in the admin app: made, used, rotated, revoked.
    @Suite struct AdminAppKeys {
        @Test func `a key's secret is shown once, opens what its scopes allow, is rotated and revoked`() async throws {
            try await withAdminApp { app in
                let tab = try await app.signedInTab(at: "#/keys")
                try await tab.awaitShown(.text("There is no key yet"))
                try await tab.click(.button("Create key"))
                try await tab.type("shop", into: .field("Name"))
                try await tab.click(.choice("channels"))
                try await tab.type("orders-\ncarts-", into: .field("Only channels that begin with"))
                try await tab.type("50", into: .field("Messages per second"))
                try await tab.choose("In 30 days", in: .field("Expires"))
                try await tab.click(.button("Create key").within(.path("//dialog")))
                try await tab.awaitShown(.text("This is the only time that the key is shown"))
                let secret = try await Self.secret(in: tab)
                #expect(secret.hasPrefix("psk_"))
                try await tab.click(.button("Copy: API key"))
                try await tab.awaitShown(.text("API key copied"))
                try await tab.click(.button("I have stored it"))
                try await tab.awaitShown(.text("orders-…, carts-…"))
                try await tab.awaitShown(.text("50 messages/s"))
                try await tab.awaitShown(.text("29 d 23 h left"))
                try await tab.reload()
                try await tab.awaitShown(.text("shop"))
                #expect(
                    try await tab.evaluate("return document.documentElement.innerHTML.includes(arguments[0])", [secret]) == false)

                // Who signs in with it sees what it allows.
                let limited = try await app.browser.newTab()
                try await limited.open(app.address)
                try await app.signIn(limited, key: secret)
                try await limited.awaitShown(.text("Your key sees the channels that begin with orders-, carts-."))
                #expect(try await !limited.isShown(.link("Keys")))
                #expect(try await !limited.isShown(.link("Statistics")))
                try await limited.click(.button("Create channel"))
                try await limited.type("news", into: .field("Name"))
                try await limited.press(Key.enter)
                try await limited.awaitShown(.text("You are not allowed to do this"))
                try await limited.type("orders-1", into: .field("Name"))
                try await limited.press(Key.enter)
                try await limited.click(.link("orders-1"))
                try await limited.awaitShown(.text("Connected"))
                try await limited.type("with a key", into: .field("Content"))
                try await limited.press(Key.enter, holding: [Key.control])
                try await limited.awaitShown(.text("Published as "))

                try await tab.click(.button("Rotate shop"))
                try await tab.choose("Ends now", in: .field("The old secret works for"))
                try await tab.click(.button("Rotate key"))
                try await tab.awaitShown(.text("Key rotated"))
                // Nothing but the button takes away what cannot be had again.
                try await tab.press(Key.escape)
                try await tab.awaitShown(.text("This is the only time that the key is shown"))
                let second = try await Self.secret(in: tab)
                #expect(second != secret)
                try await tab.click(.button("I have stored it"))
                // The old secret's page is led to the sign-in page; the new one opens it.
                try await limited.click(.link("Channels"))
                try await limited.awaitShown(.text("Your credentials are not accepted any more."))
                try await app.signIn(limited, key: second)
                try await limited.awaitShown(.link("orders-1"))

                try await tab.click(.button("Revoke shop"))
                try await tab.click(.button("Revoke key"))
                try await tab.awaitShown(.text("There is no key yet"))
                try await limited.reload()
                try await limited.awaitShown(.heading("Sign in"))
                try await app.signIn(limited, key: second)
                try await limited.awaitShown(.text("This key is not known"))
                try await app.expectCleanConsole(failures: [
                    ("/api/v1/channels", 403), ("/api/v1/channels", 401), ("/api/v1/auth", 401), ("/api/v1/config", 401),
                    ("/api/v1/stats", 401),
                ])
            }
        }

        @Test func `whoever guesses passwords is told to wait`() async throws {
            try await withAdminApp { app in
                let tab = try await app.browser.firstTab()
                try await tab.open(app.address)
                // The wait is short at first.
                try await tab.watch(for: "The service slows you down. Wait ")
                try await eventually(within: .seconds(120), "sign-ins are slowed") {
                    try await app.signIn(tab, Credentials(user: "app", password: "guess"))
                    // One of the two is the answer.
                    try await eventually("an answer") {
                        if try await tab.isShown(.text("Too many requests")) { return true }
                        return try await tab.isShown(.text("is wrong"))
                    }
                    return try await tab.isShown(.text("Too many requests"))
                }
                try await tab.awaitSeen("The service slows you down. Wait ")
                try await app.expectCleanConsole(failures: [("/api/v1/auth", 401), ("/api/v1/auth", 429)])
            }
        }

        private static func secret(in tab: BrowserTab) async throws -> String {
            try await tab.text(of: .path("//dialog//code"))
        }
    }
}

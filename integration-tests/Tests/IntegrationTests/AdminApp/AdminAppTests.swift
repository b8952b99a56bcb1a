import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// The admin app in a headless Chromium, used as a person would: with the mouse, the keyboard, and what is to be read.
    @Suite struct AdminApp {
        @Test func `a wrong password is explained, the right one opens the app, and signing out closes it`() async throws {
            try await withAdminApp { app in
                let tab = try await app.browser.firstTab()
                try await tab.open(app.address)
                try await app.signIn(tab, Credentials(user: app.deployment.credentials.user, password: "wrong"))
                try await tab.awaitShown(.text("User name or password is wrong."))
                #expect(try await tab.evaluate("return sessionStorage.length") == 0)
                try await app.signIn(tab, app.deployment.credentials)
                try await tab.awaitShown(.text("There is no channel yet"))
                #expect(try await tab.title == "Channels – Push Service")

                // It lasts as long as the tab, and another tab has none of it.
                try await tab.reload()
                try await tab.awaitShown(.text("There is no channel yet"))
                let other = try await app.browser.newTab()
                try await other.open(app.address)
                try await other.awaitShown(.heading("Sign in"))

                // Nothing of a page goes on when one signs out, however often.
                let channel = uniqueChannel("followed")
                for _ in 0..<2 {
                    try await tab.click(.link("Channels"))
                    try await tab.type(channel, into: .field("Open"))
                    try await tab.click(.button("Open"))
                    try await tab.awaitShown(.text("Connected"))
                    try await tab.click(.button("Sign out"))
                    try await tab.awaitShown(.heading("Sign in"))
                    #expect(try await tab.evaluate("return sessionStorage.length") == 0)
                    try await app.deployment.awaitSubscribers(0, of: channel)
                    try await app.signIn(tab, app.deployment.credentials)
                    try await tab.awaitShown(.heading(channel))
                }
                try await app.expectCleanConsole(failures: [
                    ("/api/v1/auth", 401), ("/api/v1/channels/followed", 404), ("/api/v1/stats/channels/followed", 404),
                ])
            }
        }

        @Test func `a channel is created, a message of one tab arrives in another, and the channel is deleted`() async throws {
            try await withAdminApp { app in
                let channel = "orders-é'1'&?#%2F"
                // Keys cannot type more than the Basic Multilingual Plane; a tab would leave the field.
                let awkward = #"He said "it's" – ünïcödé 日本 </script><script>alert(1)</script> 100% %41 ~id~ {}"#
                let first = try await app.signedInTab()
                try await first.click(.button("Create channel"))
                try await first.type(channel, into: .field("Name"))
                try await first.choose("1 hour", in: .field("Exists for"))
                try await first.click(.button("Create channel").within(.path("//dialog")))
                try await first.awaitShown(.text("Channel \(channel) created"))
                try await first.awaitShown(.text("59 min"))
                try await first.click(.link(channel))
                try await first.awaitShown(.heading(channel))
                try await first.awaitShown(.text("Connected"))
                try await app.deployment.awaitSubscribers(1, of: AdminAppRun.escaped(channel))

                let second = try await app.signedInTab(at: AdminAppRun.page(of: channel))
                for content in ["from the other tab", awkward] {
                    try await second.type(content, into: .field("Content"))
                    try await second.click(.button("Publish"))
                    try await second.awaitShown(.text("Published as "))
                }
                try await first.awaitShown(.text("from the other tab"))
                // A message is text, whatever it holds.
                try await first.awaitShown(.text(awkward))
                #expect(try await first.evaluate("return document.querySelectorAll('.message script').length") == 0)

                try await first.click(.button("Delete"))
                try await first.click(.button("Delete channel"))
                try await first.awaitShown(.text("There is no channel yet"))
                let answer = try await app.deployment.publisher().send("GET", "/api/v1/channels")
                #expect(answer.text == "[]")
                try await app.expectCleanConsole(failures: [("/api/v1/stats/channels/", 404)])
            }
        }

        @Test func `both transports show the history, then what comes, and continue after an interruption`() async throws {
            try await withAdminApp { app in
                let channel = uniqueChannel("live")
                let publisher = app.deployment.publisher()
                for number in 1...25 { try await publisher.publish("stored \(number)", to: channel) }
                try await eventually("push-stream has them") {
                    try await app.deployment.statistics(of: channel)?.publishedMessages == 25
                }
                let tab = try await app.signedInTab(at: AdminAppRun.page(of: channel))
                try await tab.awaitShown(.text("stored 25"))
                // Of the history come the last 20; they are told apart from what comes live.
                try await tab.awaitShown(.text("20 received"))
                #expect(try await tab.count(.path("//*[contains(@class, 'message stored')]")) == 20)
                try await tab.awaitShown(.path("//*[@data-history='over']"))
                try await publisher.publish("live one", to: channel)
                try await tab.awaitShown(.text("live one"))
                #expect(try await tab.count(.path("//*[contains(@class, 'divider')]")) == 1)

                // The other transport continues where the first one was: nothing twice.
                try await tab.click(.choice("WebSocket"))
                try await tab.awaitShown(.text("Connected"))
                try await app.deployment.awaitSubscribers(1, of: channel)
                try await publisher.publish("live two", to: channel)
                try await tab.awaitShown(.text("live two"))
                try await tab.awaitShown(.text("22 received"))

                for transport in ["EventSource", "WebSocket"] {
                    try await tab.click(.choice(transport))
                    try await tab.awaitShown(.text("Connected"))
                    try await app.deployment.kill(.pushStream)
                    try await tab.awaitShown(.text("Interrupted, next try in"))
                    try await app.deployment.start()
                    try await tab.awaitShown(.text("Connected"))
                    try await publisher.publish("after \(transport)", to: channel)
                    try await tab.awaitShown(.text("after \(transport)"))
                }
                #expect(try await tab.count(.text("live two")) == 1)

                try await tab.click(.button("Disconnect"))
                try await tab.awaitShown(.text("Disconnected"))
                try await app.deployment.awaitSubscribers(0, of: channel)
                try await tab.click(.button("Clear"))
                try await tab.click(.button("Connect"))
                try await tab.awaitShown(.text("Connected"))
                try await publisher.publish("again", to: channel)
                try await tab.awaitShown(.text("again"))
            }
        }
    }
}

import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// Long lists and figures in the admin app.
    @Suite struct AdminAppLists {
        @Test func `many channels come in pages, are searched, and are in either order`() async throws {
            try await withAdminApp { app in
                let publisher = app.deployment.publisher()
                for number in 1...120 {
                    let answer = try await publisher.send(
                        "POST", "/api/v1/channels", json: #"{"id":"room-\#(number)","ttl":3600}"#)
                    #expect(answer.status == 201)
                }
                let tab = try await app.signedInTab()
                try await tab.awaitShown(.text("120 in all"))
                try await tab.awaitShown(.link("room-120"))
                #expect(try await tab.count(.path("//tbody/tr")) == 50)
                #expect(try await !tab.isShown(.link("room-70")))
                try await tab.click(.button("Next"))
                try await tab.awaitShown(.link("room-70"))
                // Pages are cursors: what is created or deleted meanwhile shifts nothing.
                #expect(try await publisher.send("POST", "/api/v1/channels", json: #"{"id":"another","ttl":0}"#).status == 201)
                #expect(try await publisher.send("DELETE", "/api/v1/channels/room-115").status == 204)
                try await tab.click(.button("Next"))
                try await tab.awaitShown(.link("room-20"))
                try await tab.awaitShown(.link("room-1"))
                #expect(try await tab.count(.path("//tbody/tr")) == 20)
                try await tab.click(.button("Previous"))
                try await tab.awaitShown(.link("room-70"))

                try await tab.choose("Oldest first", in: .field("Order"))
                try await tab.awaitShown(.link("room-1"))
                try await tab.type("M-11", into: .field("Search"))
                try await tab.awaitNone(.link("room-1"))
                try await tab.awaitShown(.link("room-119"))
                // room-11 and room-110 to room-119 without the one that was deleted.
                #expect(try await tab.count(.path("//tbody/tr")) == 10)
                try await tab.type("nothing like it", into: .field("Search"))
                try await tab.awaitShown(.text("No channel’s name holds “nothing like it”"))
                try await app.expectCleanConsole()
            }
        }

        @Test func `the statistics show subscribers and messages as they come, in total and per agent`() async throws {
            let environment = ["PUSHAGENT_WORKERS__STATS__SAMPLE_INTERVAL": "1s"]
            try await withAdminApp(environment: environment) { app in
                let channel = uniqueChannel("busy")
                let subscribers = [
                    try await app.deployment.eventSource(channel), try await app.deployment.eventSource(channel),
                    try await app.deployment.eventSource(channel),
                ]
                let publisher = app.deployment.publisher()
                for number in 1...30 { try await publisher.publish("\(number)", to: channel) }
                for subscriber in subscribers { _ = try await subscriber.next() }

                let tab = try await app.signedInTab(at: "#/statistics")
                try await tab.awaitShown(.link(channel))
                for (name, value) in [("Subscribers", "3"), ("Messages since start", "30")] {
                    try await eventually(within: .seconds(120), "\(name) is \(value)") {
                        try await Self.tile(name, in: tab) == value
                    }
                }
                try await tab.awaitShown(.text("agent-under-test"))
                try await tab.awaitShown(.text("up to date"))
                try await eventually(within: .seconds(120), "the chart has figures") {
                    try await tab.isShown(.path("//*[name()='svg'][contains(@aria-label, 'now 3 subscribers')]"))
                }
                // The arrow keys read single moments.
                let _: Bool? = try await tab.evaluate("document.querySelector('svg[tabindex]').focus()")
                try await tab.press(Key.left)
                try await tab.awaitShown(.path("//p[contains(@class, 'readout')][contains(., 'subscribers')]"))
                #expect(try await tab.count(.path("//*[name()='line'][@class='crosshair']")) == 1)
                try await tab.click(.choice("Per agent"))
                #expect(try await tab.isShown(.path("//*[name()='svg'][contains(@aria-label, 'now 3 subscribers')]")))

                // The channel's own figures.
                try await tab.click(.link(channel))
                try await tab.awaitShown(.heading(channel))
                try await eventually(within: .seconds(120), "the page counts itself") {
                    try await tab.isShown(.path("//section[@aria-label='Statistics']//dd[normalize-space()='4']"))
                }
                try await tab.awaitShown(.path("//section[@aria-label='Statistics']//dd[normalize-space()='30']"))
                try await app.expectCleanConsole(failures: [("/api/v1/channels/", 404)])
                withExtendedLifetime(subscribers) {}
            }
        }

        private static func tile(_ name: String, in tab: BrowserTab) async throws -> String {
            try await tab.text(
                of: .path("//dl[contains(@class, 'tiles')]//dt[normalize-space()='\(name)']/following-sibling::dd"))
        }
    }
}

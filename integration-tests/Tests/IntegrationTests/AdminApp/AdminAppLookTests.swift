import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// How the admin app looks: on a desk and on a phone, in light and dark.
    ///
    /// With `PUSH_SCREENSHOTS=/some/folder`, each page is also written there as a PNG, to be looked at.
    @Suite struct AdminAppLook {
        @Test func `each page fits its screen, can be read in both colour schemes, and names what it asks for`() async throws {
            try await withAdminApp { app in
                let publisher = app.deployment.publisher()
                for (id, ttl) in [
                    ("news", 0), ("match-17-live", 7200), ("orders", 86_400), (String(repeating: "long-name-", count: 19), 0),
                ] {
                    _ = try await publisher.send("POST", "/api/v1/channels", json: #"{"id":"\#(id)","ttl":\#(ttl)}"#)
                }
                for text in ["Hello", #"{"score":"1:0"}"#, String(repeating: "a long message ", count: 40)] {
                    try await publisher.publish(text, to: "news")
                }
                _ = try await publisher.send(
                    "POST", "/api/v1/keys",
                    json:
                        #"{"name":"shop","scopes":["publish","stats"],"channelPrefixes":["orders-"],"limits":{"messagesPerSecond":10}}"#
                )
                let tab = try await app.browser.firstTab()
                for screen in Screen.allCases {
                    try await tab.emulate(screen)
                    try await tab.open(app.address)
                    try await tab.awaitShown(.heading("Sign in"))
                    try await Self.look(at: "sign-in", tab, screen)
                    try await app.signIn(tab, app.deployment.credentials)
                    for (name, fragment, shown) in Self.pages {
                        try await tab.open(app.address + fragment)
                        try await tab.awaitShown(shown)
                        try await Self.look(at: name, tab, screen)
                    }
                    for (name, fragment, opener) in Self.dialogs {
                        try await tab.open(app.address + fragment)
                        try await tab.click(opener)
                        try await tab.awaitShown(.path("//dialog"))
                        try await Self.look(at: name, tab, screen)
                        try await tab.press(IntegrationSupport.Key.escape)
                    }
                    try await tab.click(.button("Sign out"))
                }
            }
        }

        @Test func `the switch for the colours is stronger than the system, and lasts`() async throws {
            try await withAdminApp { app in
                let tab = try await app.browser.firstTab()
                try await tab.emulate(Screen.allCases[0])
                try await tab.open(app.address)
                let light = try await Self.background(of: tab)
                try await tab.click(.choice("Dark"))
                let dark = try await Self.background(of: tab)
                #expect(light != dark)
                try await tab.reload()
                try await tab.awaitShown(.heading("Sign in"))
                #expect(try await Self.background(of: tab) == dark)
                try await tab.click(.choice("Auto"))
                #expect(try await Self.background(of: tab) == light)
                try await tab.emulate(Screen.allCases[1])
                #expect(try await Self.background(of: tab) == dark)
                try await tab.click(.choice("Light"))
                #expect(try await Self.background(of: tab) == light)
            }
        }

        private static let pages: [(name: String, fragment: String, shown: Locator)] = [
            ("channels", "#/channels", .link("news")), ("channel", "#/channels/news", .text("Hello")),
            ("statistics", "#/statistics", .text("agent-under-test")), ("keys", "#/keys", .text("shop")),
            ("how-to", "#/how-to", .heading("Publish")),
        ]

        private static let dialogs: [(name: String, fragment: String, opener: Locator)] = [
            ("create-channel", "#/channels", .button("Create channel")), ("delete-channel", "#/channels", .button("Delete news")),
            ("create-key", "#/keys", .button("Create key")), ("rotate-key", "#/keys", .button("Rotate shop")),
        ]

        private static func background(of tab: BrowserTab) async throws -> String {
            try await tab.evaluate("return getComputedStyle(document.body).backgroundColor")
        }

        static func look(at name: String, _ tab: BrowserTab, _ screen: Screen) async throws {
            let findings: [String] = try await tab.evaluate(Self.examination)
            #expect(findings.isEmpty, "\(name)-\(screen): \(findings)")
            guard let folder = ProcessInfo.processInfo.environment["PUSH_SCREENSHOTS"], !folder.isEmpty else { return }
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try await tab.screenshot().write(to: URL(filePath: "\(folder)/\(name)-\(screen).png"))
        }

        /// Text that stands out of the screen, has a contrast below 4.5 (WCAG 2.2, 1.4.3), and controls without a name.
        private static let examination = """
            const findings = [];
            if (document.documentElement.scrollWidth > innerWidth) findings.push("wider than the screen");
            const place = document.querySelector("dialog[open]") ?? document.body;
            const channels = (color) => color.match(/[\\d.]+/g).map(Number);
            const luminance = ([r, g, b]) => [r, g, b].map((value) => value / 255)
              .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
              .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
            const background = (element) => {
              for (let one = element; one; one = one.parentElement) {
                const color = channels(getComputedStyle(one).backgroundColor);
                if (color.length === 3 || color[3] === 1) return color;
              }
              return [255, 255, 255];
            };
            const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
            while (walker.nextNode()) {
              const element = walker.currentNode.parentElement;
              const box = element.getBoundingClientRect();
              if (!walker.currentNode.data.trim() || box.width < 2 || !element.checkVisibility() || element.closest(":disabled, .skip, svg")) continue;
              const [bright, dim] = [luminance(channels(getComputedStyle(element).color)), luminance(background(element))].sort((a, b) => b - a);
              const contrast = (bright + 0.05) / (dim + 0.05);
              if (contrast < 4.5) findings.push(`contrast ${contrast.toFixed(2)}: ${walker.currentNode.data.trim().slice(0, 40)}`);
            }
            for (const control of place.querySelectorAll("input, select, textarea, button, a, [tabindex='0']")) {
              const name = control.getAttribute("aria-label") ?? (control.labels?.[0]?.textContent || control.textContent);
              if (!name.trim()) findings.push(`no name: ${control.outerHTML.slice(0, 80)}`);
            }
            const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
            if (new Set(ids).size < ids.length) findings.push("an id is there twice");
            return findings;
            """
    }
}

import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// The admin app without a mouse.
    @Suite struct AdminAppKeyboard {
        @Test func `everything is reached by the keyboard, and dialogs keep the focus and give it back`() async throws {
            try await withAdminApp { app in
                let tab = try await app.browser.firstTab()
                try await tab.open(app.address)
                try await tab.awaitShown(.heading("Sign in"))
                // The first field has the focus: name, tab, password, enter.
                #expect(try await tab.focused() == "User name")
                try await Self.write(app.deployment.credentials.user, in: tab)
                try await tab.press(Key.tab)
                try await Self.write(app.deployment.credentials.password, in: tab)
                try await tab.press(Key.enter)
                try await tab.awaitShown(.text("There is no channel yet"))

                // From the top of the page, the first stop skips the header.
                try await tab.reload()
                try await tab.awaitShown(.text("There is no channel yet"))
                try await tab.press(Key.tab)
                #expect(try await tab.focused() == "Skip to the content")
                try await tab.press(Key.enter)
                #expect(try await tab.evaluate("return document.activeElement.id") == "main")
                try await tab.press(Key.tab)
                #expect(try await tab.focused() == "Create channel")
                try await tab.press(Key.enter)
                try await tab.awaitShown(.field("Name"))
                #expect(try await tab.focused() == "Name")
                try await Self.write("by-keyboard", in: tab)

                // However often one presses Tab, the page behind the dialog is not reached.
                for _ in 0..<8 {
                    try await tab.press(Key.tab)
                    let isInside: Bool = try await tab.evaluate(
                        "const element = document.activeElement; return element === document.body || element.closest('dialog') !== null"
                    )
                    #expect(isInside)
                }
                try await tab.press(Key.escape)
                try await tab.awaitNone(.path("//dialog"))
                #expect(try await tab.focused() == "Create channel")

                try await tab.press(Key.enter)
                try await Self.write("by-keyboard", in: tab)
                try await tab.press(Key.enter)
                try await tab.awaitShown(.link("by-keyboard"))
                // What was done is said to those who do not see it.
                #expect(
                    try await tab.count(.path("//*[@aria-live='polite']//*[contains(., 'Channel by-keyboard created')]")) == 1)

                // A hasty Enter in a question about deleting chooses the harmless answer.
                let _: Bool? = try await tab.evaluate("document.querySelector('td.actions button').focus()")
                try await tab.press(Key.enter)
                try await tab.awaitShown(.heading("Delete by-keyboard?"))
                #expect(try await tab.focused() == "Cancel")
                try await tab.press(Key.enter)
                try await tab.awaitNone(.path("//dialog"))
                try await tab.awaitShown(.link("by-keyboard"))

                // A new page begins at its heading.
                let _: Bool? = try await tab.evaluate("document.querySelector('nav a[href=\"#/how-to\"]').focus()")
                try await tab.press(Key.enter)
                try await tab.awaitShown(.heading("How to"))
                #expect(try await tab.focused() == "How to")
            }
        }

        private static func write(_ text: String, in tab: BrowserTab) async throws {
            for character in text { try await tab.press(String(character)) }
        }
    }
}

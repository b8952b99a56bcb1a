import Foundation
import PushTestSupport

/// A tab of a browser. Whatever is clicked or typed into is awaited first.
public struct BrowserTab: Sendable {
    let driver: WebDriver
    let window: String

    private static let limit: Duration = .seconds(90)

    // MARK: Pages

    public func open(_ url: String) async throws {
        let _: String? = try await self.driver.command("POST", "/url", ["url": url], window: self.window)
    }

    public func reload() async throws {
        let _: String? = try await self.driver.command("POST", "/refresh", window: self.window)
    }

    /// The result of a script's `return`; `arguments` are its `arguments`.
    @discardableResult
    public func evaluate<Value: Decodable & Sendable>(
        _ script: String, _ arguments: [any Sendable] = [], as type: Value.Type = Value.self
    ) async throws -> Value {
        try await self.driver.command("POST", "/execute/sync", ["script": script, "args": arguments], window: self.window)
    }

    public var title: String {
        get async throws { try await self.driver.command("GET", "/title", window: self.window) }
    }

    // MARK: Finding

    /// Waits until something is there and can be seen.
    public func awaitShown(_ locator: Locator) async throws { _ = try await self.find(locator) }

    /// Waits until something cannot be seen, or is not there, any more.
    public func awaitNone(_ locator: Locator) async throws {
        try await eventually(within: Self.limit, "\(locator) is gone") { try await !self.isShown(locator) }
    }

    /// Lets the page note itself when it shows a text: for what may have come and gone before one looks.
    public func watch(for text: String) async throws {
        let script = """
            const text = arguments[0];
            window.seenTexts ??= [];
            const look = () => { if (document.body.innerText.includes(text)) window.seenTexts.push(text); };
            new MutationObserver(look).observe(document.documentElement, { childList: true, subtree: true, characterData: true, attributes: true });
            look();
            return true;
            """
        let _: Bool = try await self.evaluate(script, [text])
    }

    /// Waits until the page has shown a text since ``watch(for:)``, whether or not it still does.
    public func awaitSeen(_ text: String) async throws {
        try await eventually(within: Self.limit, "\"\(text)\" was shown") {
            try await self.evaluate("return window.seenTexts?.includes(arguments[0]) ?? false", [text])
        }
    }

    /// Whether something is there now and can be seen.
    public func isShown(_ locator: Locator) async throws -> Bool {
        try await self.ifThere { try await self.shownElement(locator) != nil } ?? false
    }

    /// What something says, when it is there.
    public func text(of locator: Locator) async throws -> String {
        let element = try await self.find(locator)
        return try await self.driver.command("GET", "/element/\(element)/text", window: self.window)
    }

    /// A property of an element's DOM object: `value`, `checked` ...
    public func property(_ name: String, of locator: Locator) async throws -> String? {
        let element = try await self.find(locator)
        return try await self.driver.command("GET", "/element/\(element)/property/\(name)", window: self.window)
    }

    /// How many there are, seen or not.
    public func count(_ locator: Locator) async throws -> Int {
        try await self.elements(locator).count
    }

    // MARK: Acting

    public func click(_ locator: Locator) async throws {
        try await self.act(locator) { element in
            let _: String? = try await self.driver.command("POST", "/element/\(element)/click", window: self.window)
        }
    }

    /// Types a text in place of what a field holds.
    public func type(_ text: String, into locator: Locator) async throws {
        try await self.act(locator) { element in
            let _: String? = try await self.driver.command("POST", "/element/\(element)/clear", window: self.window)
            let _: String? = try await self.driver.command(
                "POST", "/element/\(element)/value", ["text": text], window: self.window)
        }
    }

    /// Chooses an option of a `<select>` by its text.
    public func choose(_ option: String, in locator: Locator) async throws {
        try await self.click(.path("//option[normalize-space()='\(option)']").within(locator))
    }

    /// Presses a key wherever the focus is; with others held down.
    public func press(_ key: String, holding modifiers: [String] = []) async throws {
        let down = (modifiers + [key]).map { ["type": "keyDown", "value": $0] }
        let up = ([key] + modifiers.reversed()).map { ["type": "keyUp", "value": $0] }
        let source: [String: any Sendable] = ["type": "key", "id": "keyboard", "actions": down + up]
        let _: String? = try await self.driver.command("POST", "/actions", ["actions": [source]], window: self.window)
    }

    /// What has the focus: its label for screen readers, else its text, else its tag.
    public func focused() async throws -> String {
        try await self.evaluate(
            """
            const element = document.activeElement;
            return element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ?? (element.textContent || element.tagName);
            """)
    }

    // MARK: Elements

    private func find(_ locator: Locator) async throws -> String {
        var found: String?
        try await eventually(within: Self.limit, "\(locator) is shown") {
            found = try await self.ifThere { try await self.shownElement(locator) } ?? nil
            return found != nil
        }
        return found!
    }

    /// Acts as soon as an element takes it: one that has just been replaced, or is disabled or covered yet, is tried again.
    private func act(_ locator: Locator, _ action: (String) async throws -> Void) async throws {
        try await eventually(within: Self.limit, "\(locator) can be used") {
            let done: Bool? = try await self.ifThere {
                guard let element = try await self.shownElement(locator) else { return false }
                let isEnabled: Bool = try await self.driver.command("GET", "/element/\(element)/enabled", window: self.window)
                if isEnabled { try await action(element) }
                return isEnabled
            }
            return done ?? false
        }
    }

    /// `nil` if what was found is not there or cannot be used any more.
    private func ifThere<Value>(_ body: () async throws -> Value) async throws -> Value? {
        do {
            return try await body()
        } catch let error as WebDriverError
            where [
                "stale element reference", "no such element", "element click intercepted", "element not interactable",
                "invalid element state",
            ].contains(error.error)
        {
            return nil
        }
    }

    private func shownElement(_ locator: Locator) async throws -> String? {
        for element in try await self.elements(locator) {
            if try await self.driver.command("GET", "/element/\(element)/displayed", window: self.window) { return element }
        }
        return nil
    }

    private func elements(_ locator: Locator) async throws -> [String] {
        let found: [[String: String]] = try await self.driver.command(
            "POST", "/elements", ["using": "xpath", "value": locator.xpath], window: self.window)
        return found.compactMap(\.values.first)
    }
}

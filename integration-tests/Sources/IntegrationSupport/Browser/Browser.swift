import Foundation
import PushTestSupport

/// A headless Chromium with a profile of its own, driven as a user would.
public struct Browser: Sendable {
    /// A line of the browser's console.
    public struct LogEntry: Decodable, Sendable, CustomStringConvertible {
        /// `SEVERE`, `WARNING`, `INFO` ...
        public let level: String
        public let message: String
        /// `network`, `security`, `javascript`, `console-api` ...
        public let source: String?

        public var description: String { "\(self.level) \(self.source ?? ""): \(self.message)" }
    }

    let driver: WebDriver

    /// Opens a tab; it shares nothing with the others but what the browser keeps for the site.
    public func newTab() async throws -> BrowserTab {
        struct Window: Decodable, Sendable { let handle: String }
        let window: Window = try await self.driver.command("POST", "/window/new", ["type": "tab"])
        return BrowserTab(driver: self.driver, window: window.handle)
    }

    /// The tab that the browser began with.
    public func firstTab() async throws -> BrowserTab {
        BrowserTab(driver: self.driver, window: try await self.driver.command("GET", "/window"))
    }

    /// What all tabs have written to their consoles since the last call: errors, refused requests, violations of the policy.
    public func consoleEntries() async throws -> [LogEntry] {
        try await self.driver.command("POST", "/se/log", ["type": "browser"])
    }

    /// The URLs that all tabs have asked for since the last call, WebSockets included.
    public func requestedURLs() async throws -> [URL] {
        struct Message: Decodable {
            struct Event: Decodable {
                struct Parameters: Decodable {
                    struct Request: Decodable { let url: String? }
                    let request: Request?
                    let url: String?
                }
                let method: String
                let params: Parameters?
            }
            let message: Event
        }
        let entries: [LogEntry] = try await self.driver.command("POST", "/se/log", ["type": "performance"])
        return try entries.compactMap { entry in
            let event = try JSONDecoder().decode(Message.self, from: Data(entry.message.utf8)).message
            switch event.method {
            case "Network.requestWillBeSent": return event.params?.request?.url.flatMap { URL(string: $0) }
            case "Network.webSocketCreated": return event.params?.url.flatMap { URL(string: $0) }
            default: return nil
            }
        }
    }
}

/// Runs `body` with a browser of which nothing is left afterwards.
public func withBrowser<Result>(
    isolation: isolated (any Actor)? = #isolation, _ body: (Browser) async throws -> Result
) async throws -> Result {
    let port = try ServicePort.allocate()
    return try await withProcess("chromedriver", "chromedriver", arguments: ["--port=\(port)"]) { process in
        try await process.line(containing: "started successfully")
        let driver = try await WebDriver(driver: .port(port))
        do {
            let result = try await body(Browser(driver: driver))
            await driver.quit()
            return result
        } catch {
            await driver.quit()
            throw error
        }
    }
}

import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

/// push-service-demo-app with a Push Service and a browser.
struct ServiceDemoRun: Sendable {
    let deployment: Deployment
    let browser: Browser
    let port: Int
    let process: TestProcess

    var address: String { "http://localhost:\(self.port)" }

    /// A tab with a page of the app.
    func tab(at path: String = "/") async throws -> BrowserTab {
        let tab = try await self.browser.newTab()
        try await tab.open(self.address + path)
        return tab
    }

    /// Writes an article as a person does.
    func write(_ title: String, _ text: String, in tab: BrowserTab) async throws {
        try await tab.open("\(self.address)/articles/new")
        try await tab.type(title, into: .field("Title"))
        try await tab.type(text, into: .field("Text"))
        try await tab.click(.button("Save"))
        try await tab.awaitShown(.heading(title))
    }

    /// Changes the title of the article that the tab shows.
    func edit(title: String, in tab: BrowserTab) async throws {
        try await tab.click(.link("Edit"))
        try await tab.type(title, into: .field("Title"))
        try await tab.click(.button("Save"))
        try await tab.awaitShown(.heading(title))
    }

    /// Puts a mark into a page that a reload would take away.
    func mark(_ tab: BrowserTab) async throws {
        let _: Bool = try await tab.evaluate("window.markOfTheTest = true; return true")
    }

    func expectMark(_ tab: BrowserTab, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        #expect(
            try await tab.evaluate("return window.markOfTheTest === true", as: Bool.self), "the page was loaded again",
            sourceLocation: sourceLocation)
    }

    /// No console says anything, but that servers that were killed did not answer; and nobody else was asked for anything.
    func expectCleanConsole(killed: Bool = false, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let entries = try await self.browser.consoleEntries().filter { entry in
            let isExpected = killed && (entry.source == "network" || entry.message.contains("ERR_CONNECTION_REFUSED"))
            return ["SEVERE", "WARNING"].contains(entry.level) && !isExpected
        }
        #expect(entries.isEmpty, "\(entries)", sourceLocation: sourceLocation)
        guard case .port(let stream) = self.deployment.stream else { return }
        let hosts = Set(
            try await self.browser.requestedURLs().filter { !["data", "blob", "about", "chrome"].contains($0.scheme) }
                .compactMap { url in url.host.map { "\($0):\(url.port ?? 0)" } })
        #expect(
            hosts.isSubset(of: ["localhost:\(self.port)", "localhost:\(stream)"]), "\(hosts)", sourceLocation: sourceLocation)
    }
}

extension Locator {
    /// What the page says about itself: `Live`.
    static func badge(_ text: String) -> Locator { .path("//*[@id='live'][normalize-space()='\(text)']") }
}

extension Deployment {
    /// What pushaas would set in the app.
    var demoVariables: [String: String] {
        guard case .port(let api) = self.api else { return [:] }
        return [
            "PUSHAAS_ENDPOINT": "http://localhost:\(api)", "PUSHAAS_USERNAME": self.credentials.user,
            "PUSHAAS_PASSWORD": self.credentials.password,
        ]
    }
}

/// Runs `body` with push-service, the app and a browser.
///
/// - Parameter variables: Instead of those that fit.
func withServiceDemo<Result>(
    variables: [String: String]? = nil, isolation: isolated (any Actor)? = #isolation,
    _ body: (ServiceDemoRun) async throws -> Result
) async throws -> Result {
    let folder = try TemporaryDirectory()
    let port = try ServicePort.allocate()
    return try await withDeployment(.singleBinary) { deployment in
        let environment = (variables ?? deployment.demoVariables).merging(["PORT": "\(port)", "DEMO_SERVER__HOST": "127.0.0.1"]) {
            $1
        }
        return try await withProcess(
            "push-service-demo-app", try Repository.binary("push-service-demo-app"), environment: environment,
            workingDirectory: folder.path
        ) { process in
            try await eventually(within: .seconds(60), "the demo app serves") {
                (try? await Deployment.status(of: "/readyz", at: .port(port))) == 200
            }
            return try await withBrowser { browser in
                try await body(ServiceDemoRun(deployment: deployment, browser: browser, port: port, process: process))
            }
        }
    }
}

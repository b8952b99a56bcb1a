import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

/// The admin app of a deployment in a browser.
struct AdminAppRun: Sendable {
    let deployment: Deployment
    let browser: Browser

    private var port: Int {
        guard case .port(let port) = self.deployment.api else { return 0 }
        return port
    }

    /// `#/channels` and so on are added to it.
    var address: String { "http://localhost:\(self.port)/admin" }

    /// A tab in which the user of the configuration is signed in.
    func signedInTab(at fragment: String = "") async throws -> BrowserTab {
        let tab = try await self.browser.newTab()
        try await tab.open(self.address + fragment)
        try await self.signIn(tab, self.deployment.credentials)
        return tab
    }

    func signIn(_ tab: BrowserTab, _ credentials: Credentials) async throws {
        try await tab.type(credentials.user, into: .field("User name"))
        try await tab.type(credentials.password, into: .field("Password"))
        try await tab.click(.button("Sign in"))
    }

    func signIn(_ tab: BrowserTab, key: String) async throws {
        try await tab.click(.choice("API key"))
        try await tab.type(key, into: .field("API key"))
        try await tab.click(.button("Sign in"))
    }

    /// The address of a channel's page.
    static func page(of channel: String) -> String {
        "#/channels/\(self.escaped(channel))"
    }

    /// A channel's name in a URL.
    static func escaped(_ channel: String) -> String {
        channel.utf8.map { "%" + (($0 < 16 ? "0" : "") + String($0, radix: 16)) }.joined()
    }

    /// Nothing is wrong in any console but answers that were meant to be errors, and nobody else was asked for anything.
    ///
    /// - Parameter failures: The paths and statuses of requests that were to fail.
    func expectCleanConsole(
        failures: [(path: String, status: Int)] = [], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let entries = try await self.browser.consoleEntries().filter { entry in
            let isExpected = failures.contains { failure in
                entry.source == "network" && entry.message.contains(failure.path)
                    && entry.message.contains("status of \(failure.status)")
            }
            return ["SEVERE", "WARNING"].contains(entry.level) && !isExpected
        }
        #expect(entries.isEmpty, "\(entries)", sourceLocation: sourceLocation)
        let hosts = Set(
            try await self.browser.requestedURLs().filter { !["data", "blob", "about", "chrome"].contains($0.scheme) }
                .compactMap { url in url.host.map { "\($0):\(url.port ?? 0)" } })
        guard case .port(let stream) = self.deployment.stream else { return }
        #expect(
            hosts.isSubset(of: ["localhost:\(self.port)", "localhost:\(stream)"]), "\(hosts)", sourceLocation: sourceLocation)
    }
}

/// Runs `body` with a deployment of four processes and a browser.
func withAdminApp<Result>(
    environment: [String: String] = [:], isolation: isolated (any Actor)? = #isolation,
    _ body: (AdminAppRun) async throws -> Result
) async throws -> Result {
    var options = DeploymentOptions()
    options.environment = environment
    return try await withDeployment(.fourProcesses, options: options) { deployment in
        try await withBrowser { browser in try await body(AdminAppRun(deployment: deployment, browser: browser)) }
    }
}

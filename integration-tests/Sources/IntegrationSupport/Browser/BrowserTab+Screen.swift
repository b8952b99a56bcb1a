import Foundation

/// How large a tab's page is shown, and in which colours.
public struct Screen: Sendable, CaseIterable, CustomStringConvertible {
    public let width: Int
    public let height: Int
    public let isDark: Bool

    public static let allCases = [
        Screen(width: 1280, height: 800, isDark: false), Screen(width: 1280, height: 800, isDark: true),
        Screen(width: 390, height: 844, isDark: false), Screen(width: 390, height: 844, isDark: true),
    ]

    public var isPhone: Bool { self.width < 600 }
    public var description: String { "\(self.width)-\(self.isDark ? "dark" : "light")" }
}

extension BrowserTab {
    /// Shows the page as on such a screen.
    public func emulate(_ screen: Screen) async throws {
        try await self.tool(
            "Emulation.setDeviceMetricsOverride",
            ["width": screen.width, "height": screen.height, "deviceScaleFactor": 1, "mobile": screen.isPhone])
        let feature = ["name": "prefers-color-scheme", "value": screen.isDark ? "dark" : "light"]
        try await self.tool("Emulation.setEmulatedMedia", ["features": [feature]])
    }

    /// Cuts this tab off from every server, or ends that.
    public func setOffline(_ isOffline: Bool) async throws {
        try await self.tool("Network.enable", [:])
        try await self.tool(
            "Network.emulateNetworkConditions",
            ["offline": isOffline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1])
    }

    /// The page as a PNG, down to a height of 1,600 pixels.
    public func screenshot() async throws -> Data {
        struct Image: Decodable, Sendable { let data: String }
        let size: [Int] = try await self.evaluate(
            "return [innerWidth, Math.min(1600, Math.max(innerHeight, document.documentElement.scrollHeight))]")
        let clip: [String: Int] = ["x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1]
        let image: Image = try await self.driver.command(
            "POST", "/goog/cdp/execute",
            [
                "cmd": "Page.captureScreenshot",
                "params": ["captureBeyondViewport": true, "clip": clip] as [String: any Sendable],
            ],
            window: self.window)
        return Data(base64Encoded: image.data) ?? Data()
    }

    private func tool(_ command: String, _ parameters: [String: any Sendable]) async throws {
        struct Ignored: Decodable, Sendable {}
        let _: Ignored = try await self.driver.command(
            "POST", "/goog/cdp/execute", ["cmd": command, "params": parameters], window: self.window)
    }
}

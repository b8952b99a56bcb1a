import Foundation
import PushTestSupport

/// What a WebDriver (W3C WebDriver, version 1) answers instead of a result.
public struct WebDriverError: Error, Decodable, CustomStringConvertible {
    /// `no such element`, `stale element reference`, `element not interactable` ...
    public let error: String
    public let message: String

    public var description: String { "\(self.error): \(self.message.prefix { $0 != "\n" })" }
}

/// A client of chromedriver: one session, which is one headless Chromium with a profile of its own.
///
/// Commands are sent one at a time: the driver has one current window.
actor WebDriver {
    private struct Answer<Value: Decodable>: Decodable {
        let value: Value
    }

    private struct Session: Decodable {
        let sessionId: String
    }

    private let connection: HTTPConnection
    private var path = ""

    /// Starts a Chromium.
    ///
    /// - Parameter driver: Where chromedriver listens.
    init(driver: Endpoint) async throws {
        self.connection = try await HTTPConnection(to: driver)
        // Without a sandbox, because root cannot have one; in a container /dev/shm may be too small for it.
        let options: [String: Any] = [
            "args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,800", "--lang=en-GB"]
        ]
        let session: Session = try await self.send(
            "POST", "/session",
            [
                "capabilities": [
                    "alwaysMatch": [
                        "browserName": "chrome", "goog:chromeOptions": options,
                        "goog:loggingPrefs": ["browser": "ALL", "performance": "ALL"],
                    ]
                ]
            ])
        self.path = "/session/\(session.sessionId)"
    }

    /// A command of the session with a JSON object, after its window was made the current one.
    func command<Value: Decodable & Sendable>(
        _ method: String, _ command: String, _ body: [String: any Sendable] = [:], window: String? = nil,
        as type: Value.Type = Value.self
    ) async throws -> Value {
        if let window {
            let _: String? = try await self.send("POST", "\(self.path)/window", ["handle": window])
        }
        return try await self.send(method, self.path + command, body)
    }

    /// Closes the browser.
    func quit() async {
        let _: String?? = try? await self.send("DELETE", self.path, nil)
        self.connection.close()
    }

    private func send<Value: Decodable & Sendable>(
        _ method: String, _ target: String, _ body: [String: Any]?
    ) async throws -> Value {
        var request = HTTPRequest(method, target, fields: [("Content-Type", "application/json")])
        if let body, method == "POST" { request.body = Array(try JSONSerialization.data(withJSONObject: body)) }
        let response = try await self.turn { try await self.connection.response(to: request, within: .seconds(120)) }
        guard response.status == 200 else {
            throw try response.json(Answer<WebDriverError>.self).value
        }
        return try response.json(Answer<Value>.self).value
    }

    private var isBusy = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// One request at a time on the connection, in the order of the calls.
    private func turn<Result>(_ body: () async throws -> Result) async throws -> Result {
        if self.isBusy { await withCheckedContinuation { self.waiting.append($0) } }
        self.isBusy = true
        defer {
            if self.waiting.isEmpty { self.isBusy = false } else { self.waiting.removeFirst().resume() }
        }
        return try await body()
    }
}

import Foundation
import PushTestSupport

/// pushaas with a Redis of its own, as tsuru and an administrator see it.
public struct RunningPushaas: Sendable {
    public static let credentials = Credentials(user: "tsuru", password: "abc123")

    public let port: Int
    public let process: TestProcess
    public let redis: RedisServer
    /// For what the provider keeps; gone at the end.
    public let directory: TemporaryDirectory

    public var endpoint: Endpoint { .port(self.port) }

    /// Where the provider "process" has a folder for each instance.
    public var instancesFolder: String { "\(self.directory.path)/instances" }

    /// Starts it with instances that are processes of this machine, and kills it and them when `body` has ended.
    ///
    /// - Parameter environment: More settings, or others.
    public static func run<Result>(
        environment: [String: String] = [:], isolation: isolated (any Actor)? = #isolation,
        _ body: (RunningPushaas) async throws -> Result
    ) async throws -> Result {
        let directory = try TemporaryDirectory()
        let redis = try await RedisServer.start(.init(isAppendOnly: true))
        defer {
            for process in ProcessTable.processes(withCommandContaining: directory.path) { kill(process, SIGKILL) }
            withExtendedLifetime(redis) {}
        }
        let port = try ServicePort.allocate()
        let settings = [
            "PUSHAAS_SERVER__HOST": "127.0.0.1", "PUSHAAS_SERVER__PORT": "\(port)", "PUSHAAS_REDIS__URL": redis.url,
            "PUSHAAS_PROVISIONER__PROVIDER": "process", "PUSHAAS_PROVISIONER__PROCESS__DATA_DIR": "\(directory.path)/instances",
            "PUSHAAS_WORKERS__LOCK_TIMEOUT": "5s",
        ].merging(environment) { $1 }
        return try await withProcess(
            "pushaas", try Repository.binary("pushaas"), environment: settings, workingDirectory: directory.path
        ) { process in
            let pushaas = RunningPushaas(port: port, process: process, redis: redis, directory: directory)
            try await eventually(within: .seconds(60), "pushaas serves") {
                (try? await Deployment.status(of: "/healthz", at: pushaas.endpoint)) == 200
            }
            return try await body(pushaas)
        }
    }

    /// A form, as tsuru sends it: also with DELETE.
    public func send(
        _ method: String, _ path: String, form: [(String, String)] = [], fields: [(name: String, value: String)] = [],
        within limit: Duration = .seconds(60)
    ) async throws -> HTTPResponse {
        let text = form.map { "\(Self.escaped($0.0))=\(Self.escaped($0.1))" }.joined(separator: "&")
        let type: [(name: String, value: String)] =
            method == "GET" ? [] : [("Content-Type", "application/x-www-form-urlencoded")]
        return try await self.exchange(method, path, fields: type + fields, body: Array(text.utf8), within: limit)
    }

    /// JSON, as the admin app sends it.
    public func send(
        _ method: String, _ path: String, json: String, within limit: Duration = .seconds(60)
    ) async throws -> HTTPResponse {
        try await self.exchange(
            method, path, fields: [("Content-Type", "application/json")], body: Array(json.utf8), within: limit)
    }

    private func exchange(
        _ method: String, _ path: String, fields: [(name: String, value: String)], body: [UInt8], within limit: Duration
    ) async throws -> HTTPResponse {
        let connection = try await HTTPConnection(to: self.endpoint)
        defer { connection.close() }
        let authorization = (name: "Authorization", value: Self.credentials.authorization)
        return try await connection.response(
            to: HTTPRequest(method, "/api/v1\(path)", fields: [authorization] + fields, body: body), within: limit)
    }

    private static func escaped(_ text: String) -> String {
        let plain = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._")
        return text.addingPercentEncoding(withAllowedCharacters: plain) ?? text
    }

    /// The status of what is open to everybody: `/healthz`, `/readyz`.
    public func status(of path: String) async throws -> Int { try await Deployment.status(of: path, at: self.endpoint) }

    /// Waits until the status is what tsuru takes for `up`.
    public func awaitUp(_ name: String, within limit: Duration = .seconds(180)) async throws {
        try await eventually(within: limit, every: .milliseconds(100), "\(name) is up") {
            let status = try await self.send("GET", "/resources/\(name)/status")
            if status.status == 500 {
                throw HTTPError.status(500, body: try await self.send("GET", "/resources/\(name)").text)
            }
            return status.status == 204
        }
    }

    /// The variables that tsuru would set in the app.
    public func bind(_ name: String, app: String) async throws -> [String: String] {
        let answer = try await self.send("POST", "/resources/\(name)/bind-app", form: [("app-name", app)])
        guard answer.status == 201 else { throw HTTPError.status(answer.status, body: answer.text) }
        return try answer.json()
    }

    /// What `service-instance-info` shows, by label.
    public func info(_ name: String) async throws -> [String: String] {
        struct Entry: Decodable {
            let label: String
            let value: String
        }
        let answer = try await self.send("GET", "/resources/\(name)")
        guard answer.status == 200 else { throw HTTPError.status(answer.status, body: answer.text) }
        return Dictionary(try answer.json([Entry].self).map { ($0.label, $0.value) }) { $1 }
    }
}

import Foundation
import PushTestSupport

/// The AWS of the tests: `integration-tests/aws`, which is moto with signatures checked, requests validated and services that run the
/// release binaries at addresses 127.77.x.y.
public struct MotoServer: Sendable {
    /// The region that requests have to be signed for, IAM's excepted, which is `us-east-1`.
    public static let region = "eu-west-1"
    public static let accessKey = "AKIDSIMULATION0000001"
    public static let secretKey = "a secret of the simulation"

    /// On 127.0.0.1, for all services.
    public let port: Int
    public let process: TestProcess

    /// What a client is given in place of each service's own address.
    public var url: String { "http://127.0.0.1:\(self.port)" }

    /// Environment of a process that shall be this AWS's user.
    public var credentials: [String: String] {
        ["AWS_ACCESS_KEY_ID": Self.accessKey, "AWS_SECRET_ACCESS_KEY": Self.secretKey]
    }

    public struct NotInstalled: Error, CustomStringConvertible {
        let path: String
        public var description: String { "\(self.path) is not there: run scripts/prepare-moto first" }
    }

    public struct ControlFailure: Error, CustomStringConvertible {
        let status: Int
        let body: String
        public var description: String { "the simulation of AWS answered \(self.status): \(self.body)" }
    }

    /// The Python that `scripts/prepare-moto` puts below the scratch path.
    public static func python() throws -> String {
        let scratch = URL(fileURLWithPath: Repository.binaries).deletingLastPathComponent().path
        let path = "\(scratch)/moto/bin/python"
        guard FileManager.default.isExecutableFile(atPath: path) else { throw NotInstalled(path: path) }
        return path
    }

    /// Starts it on a free port, and ends it with all its tasks when `body` has ended.
    public static func run<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: (MotoServer) async throws -> Result
    ) async throws -> Result {
        let directory = try TemporaryDirectory()
        return try await withProcess(
            "AWS", try self.python(),
            arguments: [
                "\(Repository.root)/integration-tests/aws/server.py", "--binaries", Repository.binaries, "--region", self.region,
                "--access-key", self.accessKey, "--secret-key", self.secretKey, "--work", directory.path,
            ], environment: ["PYTHONDONTWRITEBYTECODE": "1"]
        ) { process in
            let prefix = "listening on "
            let line = try await process.line(containing: prefix, within: .seconds(60))
            guard let port = Int(line.text.dropFirst(prefix.count)) else { throw ControlFailure(status: 0, body: line.text) }
            return try await body(MotoServer(port: port, process: process))
        }
    }

    /// Asks the simulation itself: `calls`, `tasks`, `leftovers`.
    public func ask<Answer: Decodable>(_ name: String, as: Answer.Type = Answer.self) async throws -> Answer {
        try await self.control(HTTPRequest("GET", "/_control/\(name)")).json()
    }

    /// Tells the simulation what to do: `faults`, `clear`, `behaviour`, `delay`, `credentials`, `kill`, `reset`. See the README there.
    /// - Parameter body: JSON.
    public func tell(_ name: String, _ body: String = "{}") async throws {
        _ = try await self.control(
            HTTPRequest("POST", "/_control/\(name)", fields: [("Content-Type", "application/json")], body: Array(body.utf8)))
    }

    private func control(_ request: HTTPRequest) async throws -> HTTPResponse {
        let connection = try await HTTPConnection(to: .port(self.port))
        defer { connection.close() }
        let response = try await connection.response(to: request, within: .seconds(60))
        guard response.status == 200 else { throw ControlFailure(status: response.status, body: response.text) }
        return response
    }
}

import Foundation
import PushTestSupport

/// An image of `make images`, as it lies on this machine.
public struct DockerImage: Sendable {
    public let name: String

    public init(_ name: String) {
        self.name = name
    }

    /// What the Engine tells of an image, as far as tests ask for it.
    public struct Description: Decodable, Sendable {
        enum CodingKeys: String, CodingKey {
            case size = "Size"
            case settings = "Config"
        }

        /// Bytes, with the image it is made from.
        public let size: Int
        public let settings: Settings
    }

    public struct Settings: Decodable, Sendable {
        enum CodingKeys: String, CodingKey {
            case user = "User"
            case environment = "Env"
            case labels = "Labels"
            case stopSignal = "StopSignal"
        }

        public let user: String
        public let environment: [String]
        public let labels: [String: String]
        public let stopSignal: String?
    }

    public func description() async throws -> Description {
        let text = try await Self.run("docker image inspect --format '{{json .}}' \"$1\"", self.name)
        return try JSONDecoder().decode(Description.self, from: Data(text.utf8))
    }

    /// The paths of all its files and folders, without the slash at the start.
    public func paths() async throws -> [String] {
        try await Self.run(
            "container=$(docker create \"$1\") && docker export \"$container\" | tar -t && docker rm \"$container\" >/dev/null",
            self.name
        ).split(separator: "\n").map(String.init)
    }

    /// A file's content.
    public func text(of path: String) async throws -> String {
        try await Self.run(
            "docker run --rm --network none --entrypoint cat \"$1\" \"$2\"", self.name, path)
    }

    private static func run(_ script: String, _ arguments: String...) async throws -> String {
        let process = try TestProcess("sh", arguments: ["-euc", script, "sh"] + arguments, environment: [:])
        let status = try await process.finish(within: .seconds(120))
        guard status == .exited(0) else { throw Failure(description: "\(arguments): \(status)\n\(process.text)") }
        return process.lines.filter { $0.stream == .standardOutput }.map(\.text).joined(separator: "\n")
    }

    private struct Failure: Error, CustomStringConvertible {
        let description: String
    }
}

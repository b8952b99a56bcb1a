import Foundation
import Glibc
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// push-service that cannot start says why in one line and leaves nothing behind.
    @Suite struct LaunchFailures {
        private struct Refusal {
            let status: PushTestSupport.ExitStatus
            let errors: [String]
            let output: [String]
        }

        private static func refusal(
            _ place: LaunchPlace, arguments: [String]? = nil, more: [String] = [], environment: [String: String] = [:]
        ) async throws -> Refusal {
            try await place.run(arguments: arguments, more: more, environment: environment) { process in
                let status = try await process.exit()
                let lines = try await process.allLines()
                return Refusal(
                    status: status, errors: lines.filter { $0.stream == .standardError }.map(\.text),
                    output: lines.filter { $0.stream == .standardOutput }.map(\.text))
            }
        }

        /// One line that holds all texts, a status that is not 0, and no process left.
        private static func expect(_ refusal: Refusal, names texts: [String], _ place: LaunchPlace) {
            #expect(refusal.errors.count == 1, "\(refusal.errors)")
            for text in texts { #expect(refusal.errors.first?.contains(text) == true, "\(text) in \(refusal.errors)") }
            guard case .exited(let status) = refusal.status else {
                Issue.record("ended by a signal: \(refusal.status)")
                return
            }
            #expect(status != 0)
            #expect(refusal.output.allSatisfy { !$0.hasPrefix("Push Service is running") })
            #expect(place.redisServers == [])
        }

        @Test(arguments: ["--api-port", "--stream-port"])
        func `a port that is taken`(option: String) async throws {
            let place = try LaunchPlace()
            let port = option == "--api-port" ? place.apiPort : place.streamPort
            let descriptor = try ServicePort.occupy(port)
            defer { close(descriptor) }
            Self.expect(try await Self.refusal(place), names: ["\(port)", option], place)
        }

        @Test func `one port for both`() async throws {
            let place = try LaunchPlace()
            let arguments = [
                "--data-dir", place.dataDirectory, "--api-port", "\(place.apiPort)", "--stream-port", "\(place.apiPort)",
            ]
            let refusal = try await Self.refusal(place, arguments: arguments)
            #expect(refusal.status != .exited(0))
            #expect(refusal.errors.joined().contains("port"))
            #expect(place.redisServers == [])
        }

        @Test func `a data directory that cannot be`() async throws {
            let place = try LaunchPlace()
            let file = try place.directory.write("not a folder", to: "file")
            for path in ["\(file)/data", file, "/proc/push-service-data", "/sys/push-service-data"] {
                let arguments = ["--data-dir", path, "--api-port", "\(place.apiPort)", "--stream-port", "\(place.streamPort)"]
                Self.expect(try await Self.refusal(place, arguments: arguments), names: [path, "--data-dir"], place)
            }
        }

        @Test func `a redis-server that fails`() async throws {
            let place = try LaunchPlace()
            let folder = place.directory.file("bin")
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let program = try place.directory.write(
                "#!/bin/sh\necho 'the moon is in the wrong phase' >&2\nexit 1\n", to: "bin/redis-server")
            chmod(program, 0o755)
            let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
            let refusal = try await Self.refusal(place, environment: ["PATH": "\(folder):\(path)"])
            Self.expect(refusal, names: ["redis-server", "the moon is in the wrong phase"], place)
        }

        @Test func `no redis-server at all`() async throws {
            let place = try LaunchPlace()
            let refusal = try await Self.refusal(place, environment: ["PATH": place.directory.path])
            Self.expect(refusal, names: ["redis-server", "install", "--redis-url"], place)
        }

        @Test func `a second instance on the same data directory`() async throws {
            let place = try LaunchPlace()
            try await place.run { first in
                _ = try await Banner.read(from: first)
                let other = try LaunchPlace()
                let arguments = [
                    "--data-dir", place.dataDirectory, "--api-port", "\(other.apiPort)", "--stream-port", "\(other.streamPort)",
                ]
                Self.expect(
                    try await Self.refusal(other, arguments: arguments), names: [place.dataDirectory, "--data-dir"], other)
                // The first one goes on.
                #expect(first.status == nil)
                try await eventually("the first one is ready") {
                    let connection = try await HTTPConnection(to: place.api)
                    return try await connection.response(to: HTTPRequest("GET", "/readyz")).status == 200
                }
            }
        }

        @Test func `help, version and unknown options`() async throws {
            let place = try LaunchPlace()
            let help = try await Self.refusal(place, arguments: ["--help"])
            #expect(help.status == .exited(0))
            #expect(help.errors == [])
            for option in [
                "--data-dir", "--redis-url", "--user", "--password", "--api-port", "--stream-port", "--config", "--version",
                "--help",
            ] {
                #expect(help.output.joined(separator: "\n").contains(option), "\(option)")
            }
            let version = try await Self.refusal(place, arguments: ["--version"])
            #expect(version.status == .exited(0))
            #expect(version.output.count == 1)
            #expect(version.output.first?.contains(/\d+\.\d+/) == true)
            for arguments in [
                ["--colour"], ["--api-port"], ["--api-port", "many"], ["--api-port", "70000"], ["--stream-port", "-1"],
                ["surplus"],
            ] {
                let refusal = try await Self.refusal(place, arguments: arguments)
                guard case .exited(let status) = refusal.status, status != 0 else {
                    Issue.record("\(arguments): \(refusal.status)")
                    continue
                }
                #expect(refusal.errors.first?.lowercased().contains("error") == true, "\(arguments): \(refusal.errors)")
                #expect(refusal.errors.joined().contains(arguments[0]), "\(arguments): \(refusal.errors)")
                #expect(place.redisServers == [])
            }
            #expect(!FileManager.default.fileExists(atPath: place.dataDirectory))
        }
    }
}

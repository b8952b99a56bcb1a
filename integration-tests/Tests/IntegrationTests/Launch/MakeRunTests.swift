import Foundation
import Glibc
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// The first commands of the README.
    @Suite struct MakeRun {
        @Test func `make run starts in seconds and its two commands work as printed`() async throws {
            let place = try LaunchPlace()
            // When the binary is there, make only sees that it is up to date.
            _ = try Repository.binary("push-service")
            let scratch = URL(fileURLWithPath: Repository.binaries).deletingLastPathComponent().path
            let start = ContinuousClock.now
            // A job of its own, as a shell would start it: Ctrl-C reaches all of its processes.
            try await withProcess(
                "make run", "setsid",
                arguments: [
                    "--wait", "make", "--no-print-directory", "-C", Repository.root, "run", "SCRATCH=\(scratch)",
                    "ARGS=\(place.arguments.joined(separator: " "))",
                    // `swift test` holds the scratch path while this runs, and builds nothing.
                    "SWIFT_BUILD_FLAGS=--ignore-lock",
                ]
            ) { make in
                let banner = try await Banner.read(from: make, within: .seconds(400))
                print("measured: make run with everything built: \(start.duration(to: .now)) to the banner")
                try await Self.tryOut(banner, place)

                let service = try #require(
                    ProcessTable.processes(withCommandContaining: place.dataDirectory).first {
                        ProcessTable.command(of: $0).split(separator: " ").first?.hasSuffix("/push-service") == true
                    })
                kill(-getpgid(service), SIGINT)
                // make itself ends by the signal, so that its status tells nothing of push-service's.
                try await make.exit(within: .seconds(120))
                #expect(ProcessTable.processes(withCommandContaining: place.dataDirectory) == [])
                #expect(ServicePort.isFree(place.apiPort) && ServicePort.isFree(place.streamPort))
            }
        }

        /// Runs the two commands in a shell, the way a reader pastes them.
        static func tryOut(_ banner: Banner, _ place: LaunchPlace) async throws {
            #expect(banner.subscribeCommand == "curl -N http://localhost:\(place.streamPort)/ev/demo")
            #expect(banner.publishCommand.hasSuffix("http://localhost:\(place.apiPort)/api/v1/messages"))
            #expect(banner.publishCommand.contains(#"-d '{"channels":["demo"],"content":"Hello"}'"#))
            try await withProcess("curl -N", "/bin/sh", arguments: ["-c", "exec \(banner.subscribeCommand)"]) { subscriber in
                let control = Endpoint.unixSocket("\(place.dataDirectory)/push-stream.sock")
                try await eventually("curl subscribes") {
                    let connection = try await HTTPConnection(to: control)
                    let response = try await connection.response(to: HTTPRequest("GET", "/channels-stats?id=demo"))
                    return try response.status == 200 && response.json(ChannelStatistics.self).subscribers == 1
                }
                try await withProcess("curl -u", "/bin/sh", arguments: ["-c", "exec \(banner.publishCommand) -f"]) { publish in
                    let status = try await publish.exit()
                    #expect(status == .exited(0))
                }
                let line = try await subscriber.line { $0.text.hasPrefix("data:") }
                let message = try PushMessage(json: String(line.text.dropFirst("data:".count)))
                #expect(message.channel == "demo")
                #expect(message.content == "Hello")
            }
        }
    }
}

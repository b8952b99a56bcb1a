import FoundationEssentials
import NIOCore
import PushRuntime
import PushStreamServer
import ServiceLifecycle

/// push-stream in this process: subscribers on a port, the publisher on a socket that only this user can reach.
struct EngineService: Service {
    private let engine: PushStreamEngine
    /// The port that was bound; another than asked for if that was 0.
    let subscriberPort: Int

    /// The ports of the nginx.conf, by which its two servers are told apart.
    private static let configuredSubscriberPort = 9080
    private static let configuredPublisherPort = 9081
    /// Time over which subscribers are sent away, so that they do not all come back in the same moment.
    private static let gracePeriod = Duration.seconds(5)

    /// Starts the engine and returns when it listens.
    ///
    /// - Parameters:
    ///   - file: an nginx.conf in place of the built-in one.
    ///   - directives: of the main level, beside the file's.
    ///   - publisherSocket: the path of the socket for push-agent.
    static func start(
        file: String?, directives: String, streamPort: Int, publisherSocket: String
    ) async throws -> EngineService {
        let configuration = try self.configuration(
            file: file, directives: directives, streamPort: streamPort, publisherSocket: publisherSocket)
        configuration.raiseOpenFileLimit()
        let engine = PushStreamEngine(
            configuration: configuration,
            log: try ErrorLog(configuration.process.errorLogs))
        let addresses = try await engine.start()
        return EngineService(engine: engine, subscriberPort: addresses.compactMap(\.port).first ?? streamPort)
    }

    func run() async throws {
        // Cancelled when another part fails: then nobody waits for a slow goodbye.
        do {
            try await gracefulShutdown()
        } catch {
            await self.engine.shutdown(gracePeriod: .zero)
            return
        }
        await self.engine.shutdown(gracePeriod: Self.gracePeriod)
    }

    /// The engine's metrics in Prometheus' text format.
    func metricsText() -> String { self.engine.metricsText() }

    /// Ends the engine when what should run beside it cannot be made.
    func stop() async {
        await self.engine.shutdown(gracePeriod: .zero)
    }

    /// The nginx.conf with its two listeners moved to where this program wants them.
    static func configuration(
        file: String?, directives: String = "", streamPort: Int, publisherSocket: String
    ) throws -> EngineConfiguration {
        var configuration =
            if let file {
                try EngineConfiguration.load(path: file, globalDirectives: directives).engine
            } else {
                try EngineConfiguration.load(
                    contents: PackageResources.nginx_conf, name: "nginx.conf", globalDirectives: directives)
            }
        let places: [(port: Int, place: (String) -> ListenAddress.Kind)] = [
            (Self.configuredSubscriberPort, { .ip(host: $0, port: streamPort) }),
            (Self.configuredPublisherPort, { _ in .unix(path: publisherSocket) }),
        ]
        for (port, place) in places where !configuration.moveListeners(fromPort: port, to: place) {
            throw StartupError("\(file ?? "nginx.conf") has no server that listens on port \(port), which push-service needs")
        }
        return configuration
    }
}

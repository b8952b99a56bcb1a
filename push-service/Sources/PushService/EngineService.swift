import Foundation
import NginxConf
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
    ///   - publisherSocket: the path of the socket for push-agent.
    static func start(file: String?, streamPort: Int, publisherSocket: String) async throws -> EngineService {
        let configuration = try self.configuration(file: file, streamPort: streamPort, publisherSocket: publisherSocket)
        let engine = PushStreamEngine(
            configuration: configuration,
            log: try ErrorLog(configuration.process.errorLog, level: configuration.process.errorLogLevel))
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

    /// Ends the engine when what should run beside it cannot be made.
    func stop() async {
        await self.engine.shutdown(gracePeriod: .zero)
    }

    /// The nginx.conf with its two listeners moved to where this program wants them.
    static func configuration(file: String?, streamPort: Int, publisherSocket: String) throws -> EngineConfiguration {
        let builtIn = ConfigurationFiles(read: { _ in PackageResources.nginx_conf }, glob: { _ in [] })
        var configuration = try EngineConfiguration.load(
            path: file ?? "nginx.conf", files: file == nil ? builtIn : .system
        ).engine
        var found: Set<Int> = []
        for server in configuration.servers.indices {
            for listen in configuration.servers[server].listens.indices {
                guard case .ip(let host, let port) = configuration.servers[server].listens[listen].kind else { continue }
                if port == Self.configuredSubscriberPort {
                    configuration.servers[server].listens[listen].kind = .ip(host: host, port: streamPort)
                } else if port == Self.configuredPublisherPort {
                    configuration.servers[server].listens[listen].kind = .unix(path: publisherSocket)
                } else {
                    continue
                }
                found.insert(port)
            }
        }
        for port in [Self.configuredSubscriberPort, Self.configuredPublisherPort] where !found.contains(port) {
            throw StartupError("\(file ?? "nginx.conf") has no server that listens on port \(port), which push-service needs")
        }
        return configuration
    }
}

import FoundationEssentials
import Logging
import NIOCore
import PushAPI
import PushAgent
import PushRedis
import PushRuntime
import PushStreamServer
import PushSystem
import ServiceLifecycle

/// Runs a whole Push Service until a signal ends it.
///
/// Order of start, and reverse order of shutdown: Redis, push-stream, push-agent, push-api. So a publisher is refused before the way of
/// its message is taken down, and what was accepted is stored when Redis ends.
///
/// - Returns: the exit status: 0 after a clean shutdown. A failure has been reported as one line on standard error.
func runPushService(_ options: Settings.Options, environment: [String: String]) async -> Int32 {
    let runner = ServiceRunner(name: "push-service")
    return await runner.run {
        let settings = try Settings(options, environment: environment)
        let directory = try DataDirectory(path: options.dataDirectory)
        let apiPort = try settings.apiPort()
        let streamPort = try settings.streamPort()
        try PortCheck.check(port: apiPort, purpose: "publishers", option: "--api-port")
        try PortCheck.check(port: streamPort, purpose: "subscribers", option: "--stream-port")

        try LoggingBootstrap.install(settings.values, environment: environment)
        let registry = MetricsBootstrap.install()
        let logger = Logger(label: "push-service")

        let configured = try settings.configuredPassword()
        let password = try configured ?? directory.password()
        let redisURL = try settings.redisURL()
        // What is undone when a later step fails, last first.
        var started: [() async -> Void] = []
        do {
            let redis: PrivateRedis? =
                redisURL == nil
                ? try await PrivateRedis.start(in: directory, logger: logger) { tell($0) } : nil
            if let redis { started.append(redis.stop) }
            let engine = try await EngineService.start(
                file: try settings.nginxConfigurationFile(), directives: try settings.directives(), streamPort: streamPort,
                publisherSocket: directory.pushStreamSocket)
            started.append(engine.stop)
            registry.include { engine.metricsText() }
            let wiring = Settings.Wiring(
                redisURL: redis?.url ?? redisURL ?? "", password: password,
                publisherURL: "unix:\(directory.pushStreamSocket)", streamPort: engine.subscriberPort)
            let api = try settings.api(wiring)
            let agent = buildAgent(
                configuration: try settings.agent(wiring), metrics: registry, logger: Logger(label: "push-agent"))
            let client = RedisClient(configuration: api.redis, logger: Logger(label: "push-api"))
            let banner = Banner(
                apiPort: apiPort, streamPort: engine.subscriberPort, user: try settings.user(), password: password,
                passwordFile: configured == nil ? directory.passwordFile : nil, dataDirectory: directory.path,
                redis: redis == nil ? api.redis.redactedURL : nil)
            let apiServices = try buildAPI(
                configuration: api, redis: client, registry: registry, drainState: runner.drainState,
                additionalChecks: agent.healthChecks.map { $0.named("push-agent: \($0.name)") }, logger: Logger(label: "push-api")
            ) { [banner] address in
                var banner = banner
                banner.apiPort = address.port ?? banner.apiPort
                tell(banner.text)
            }
            var services: [any Service] = [DirectoryLock(directory: directory)]
            if let redis { services.append(redis) }
            services.append(engine)
            services += agent.services
            services.append(client)
            services += apiServices
            return services
        } catch {
            for stop in started.reversed() { await stop() }
            throw error
        }
    }
}

/// Says something to the person at the terminal, at once even into a pipe.
private func tell(_ text: String) {
    Console.write("\(text)\n".utf8)
}

/// Keeps the data directory locked until everything else has ended.
private struct DirectoryLock: Service {
    let directory: DataDirectory

    func run() async throws {
        try? await gracefulShutdown()
        _ = self.directory
    }
}

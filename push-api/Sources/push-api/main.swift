import FoundationEssentials
import Glibc
import Logging
import PushAPI
import PushHealth
import PushRedis
import PushRuntime
import PushSystem

let usage = """
    push-api \(pushAPIVersion): the publishing API of the Push Service

    Usage: push-api [--health | --help | --version]

    --health asks the running push-api whether it is well, for the health check of a container, and exits with 0 or 1.

    Configuration comes from a YAML file (PUSHAPI_CONFIG, else ./config/<PUSHAPI_ENV>.yml) and the environment; the latter wins.


    """

switch CommandLine.arguments.dropFirst().first {
case nil:
    let runner = ServiceRunner(name: "push-api")
    let status = await runner.run {
        let values = try PushAPIConfiguration.schema.load(environment: ProcessInfo.processInfo.environment)
        let configuration = try PushAPIConfiguration(values)
        try LoggingBootstrap.install(values, environment: ProcessInfo.processInfo.environment)
        let registry = MetricsBootstrap.install()
        let logger = Logger(label: "push-api")
        let redis = RedisClient(configuration: configuration.redis, logger: logger)
        let api = try buildAPI(
            configuration: configuration, redis: redis, registry: registry, drainState: runner.drainState, logger: logger
        ) { address in
            logger.info("listening", metadata: ["address": "\(address)"])
        }
        return [redis] + api
    }
    exit(status)
case "--health":
    do {
        let values = try PushAPIConfiguration.schema.load(environment: ProcessInfo.processInfo.environment)
        let address = HealthProbe.Address(host: try values.string("server.host"), port: try values.int("server.port"))
        exit(HealthProbe.run(program: "push-api", arguments: CommandLine.arguments.dropFirst(2), address: address))
    } catch {
        Console.report("push-api: \(error)")
        exit(1)
    }
case "--help", "-h":
    print(usage + PushAPIConfiguration.schema.helpText(), terminator: "")
case "--version":
    print(pushAPIVersion)
case .some(let argument):
    Console.report("push-api: unknown argument '\(argument)'; see push-api --help")
    exit(2)
}

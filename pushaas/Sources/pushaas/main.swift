import FoundationEssentials
import Glibc
import Logging
import PushHealth
import PushRedis
import PushRuntime
import PushSystem
import PushaasServer

let usage = """
    pushaas \(pushaasVersion): Push Service instances as a service of tsuru

    Usage: pushaas [--health | --help | --version]
           pushaas print-ecs [--help | ...]    prints task definitions and services for a deployment by hand

    Configuration comes from a YAML file (PUSHAAS_CONFIG, else ./config/<PUSHAAS_ENV>.yml) and the environment; the latter wins.


    """
let schema = PushaasConfiguration.schema(providerKeys: ProviderSelection.keys)

switch CommandLine.arguments.dropFirst().first {
case nil:
    let runner = ServiceRunner(name: "pushaas")
    let status = await runner.run {
        let environment = ProcessInfo.processInfo.environment
        let values = try schema.load(environment: environment)
        let configuration = try PushaasConfiguration(values)
        try LoggingBootstrap.install(values, environment: environment)
        let registry = MetricsBootstrap.install()
        let logger = Logger(label: "pushaas")
        let provider = try ProviderSelection.make(
            values, installation: configuration.installation, environment: environment, logger: logger)
        let redis = RedisClient(configuration: configuration.redis, logger: logger)
        let pushaas = buildPushaas(
            configuration: configuration, provider: provider, redis: redis, registry: registry, drainState: runner.drainState,
            logger: logger
        ) { address in
            logger.info("listening", metadata: ["address": "\(address)"])
        }
        return [redis] + pushaas
    }
    exit(status)
case "--health":
    do {
        let values = try schema.load(environment: ProcessInfo.processInfo.environment)
        let address = HealthProbe.Address(host: try values.string("server.host"), port: try values.int("server.port"))
        exit(HealthProbe.run(program: "pushaas", arguments: CommandLine.arguments.dropFirst(2), address: address))
    } catch {
        Console.report("pushaas: \(error)")
        exit(1)
    }
case "print-ecs":
    exit(
        PrintECSCommand.run(Array(CommandLine.arguments.dropFirst(2))) {
            try schema.load(environment: ProcessInfo.processInfo.environment)
        })
case "--help", "-h":
    print(usage + schema.helpText(), terminator: "")
case "--version":
    print(pushaasVersion)
case .some(let argument):
    Console.report("pushaas: unknown argument '\(argument)'; see pushaas --help")
    exit(2)
}

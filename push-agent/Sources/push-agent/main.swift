import FoundationEssentials
import Glibc
import Logging
import PushAgent
import PushHealth
import PushRuntime
import PushSystem

let arguments = CommandLine.arguments.dropFirst()
let schema = AgentConfiguration.schema

switch arguments.first {
case "--help", "-h":
    print(AgentCommandLine.help)
case "--version":
    print(AgentCommandLine.version)
case "--health":
    do {
        let values = try schema.load(environment: ProcessInfo.processInfo.environment)
        let address = HealthProbe.Address(host: try values.string("server.host"), port: try values.int("server.port"))
        exit(HealthProbe.run(program: "push-agent", arguments: arguments.dropFirst(), address: address))
    } catch {
        Console.report("push-agent: \(error)")
        exit(1)
    }
case let argument?:
    Console.report("push-agent: unknown argument \"\(argument)\", see push-agent --help")
    exit(2)
case nil:
    let runner = ServiceRunner(name: "push-agent")
    let status = await runner.run {
        let environment = ProcessInfo.processInfo.environment
        let values = try schema.load(environment: environment)
        try LoggingBootstrap.install(values, environment: environment)
        let registry = MetricsBootstrap.install()
        let configuration = try AgentConfiguration(values: values)
        let logger = Logger(label: "push-agent")
        let agent = buildAgent(configuration: configuration, metrics: registry, logger: logger)
        let server = buildHealthServer(
            configuration: configuration, agent: agent, registry: registry, drainState: runner.drainState, logger: logger)
        return [server] + agent.services
    }
    exit(status)
}

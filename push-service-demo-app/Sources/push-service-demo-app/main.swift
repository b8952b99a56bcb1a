import Foundation
import Logging
import PushHealth
import PushRuntime
import PushServiceDemo

let arguments = CommandLine.arguments.dropFirst()
let environment = ProcessInfo.processInfo.environment

switch arguments.first {
case "--help", "-h":
    print(DemoCommandLine.help)
case "--version":
    print(DemoCommandLine.version)
case "--health":
    do {
        let configuration = try DemoConfiguration(environment: environment)
        let address = HealthProbe.Address(host: configuration.host, port: configuration.port)
        exit(HealthProbe.run(program: "push-service-demo-app", arguments: arguments.dropFirst(), address: address))
    } catch {
        FileHandle.standardError.write(Data("push-service-demo-app: \(error)\n".utf8))
        exit(1)
    }
case let argument?:
    FileHandle.standardError.write(
        Data("push-service-demo-app: unknown argument \"\(argument)\", see push-service-demo-app --help\n".utf8))
    exit(2)
case nil:
    let runner = ServiceRunner(name: "push-service-demo-app")
    let status = await runner.run {
        let configuration = try DemoConfiguration(environment: environment)
        try LoggingBootstrap.install(configuration.values, environment: environment)
        let registry = MetricsBootstrap.install()
        let logger = Logger(label: "push-service-demo-app")
        return try buildDemo(configuration: configuration, registry: registry, drainState: runner.drainState, logger: logger) {
            logger.info("listening", metadata: ["address": "\($0)"])
        }
    }
    exit(status)
}

import Foundation
import Hummingbird
import Logging
import PushRuntime
import ServiceLifecycle

/// `PushRuntimeProbe MODE [PORT]`: a program around `ServiceRunner` whose services behave as MODE says.
@main
struct Probe {
    static func main() async {
        let arguments = CommandLine.arguments
        let mode = arguments.count > 1 ? arguments[1] : ""
        var runner = ServiceRunner(name: "probe")
        // Short only where its end is waited for: a service that ends by itself has time on any machine.
        runner.drainTimeout = ["ignores-drain", "ignores-cancellation"].contains(mode) ? .milliseconds(300) : .seconds(600)
        runner.cancellationTimeout = mode == "ignores-cancellation" ? .milliseconds(300) : .seconds(600)
        let status = await runner.run {
            let environment = ProcessInfo.processInfo.environment
            let values = try ConfigurationSchema(prefix: "PROBE", keys: ConfigurationKey.logging).load(environment: environment)
            try LoggingBootstrap.install(values, environment: environment)
            switch mode {
            case "listen":
                let router = makeHTTPRouter(context: BasicRequestContext.self)
                let address = HTTPService.Address(host: "127.0.0.1", port: arguments.count > 2 ? Int(arguments[2]) ?? 0 : 0)
                return [
                    HTTPService(router: router, address: address, logger: Logger(label: "probe")) {
                        say("\($0.port ?? 0)\nstarted")
                    }
                ]
            default: return [ModeService(name: "first", mode: "polite"), ModeService(name: "last", mode: mode)]
            }
        }
        exit(status)
    }

    static func say(_ text: String) {
        FileHandle.standardOutput.write(Data("\(text)\n".utf8))
    }
}

struct ModeService: Service, CustomStringConvertible {
    let name: String
    let mode: String

    var description: String { name }

    func run() async throws {
        switch mode {
        case "ends": return
        case "fails": throw StartupError("cannot find the data directory (set data.directory)")
        case "ignores-drain", "second-signal":
            Probe.say("started")
            try await Task.sleep(for: .seconds(3600))
        case "ignores-cancellation":
            Probe.say("started")
            while true {
                await withCheckedContinuation { DispatchQueue.global().asyncAfter(deadline: .now() + 60, execute: $0.resume) }
            }
        default:
            if name == "last" { Probe.say("started") }
            try await gracefulShutdown()
            Probe.say("\(name) stopped")
        }
    }
}

import ArgumentParser
import FoundationEssentials
import PushHealth
import PushRuntime

/// The command line of `push-service`.
public struct PushServiceCommand: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "push-service",
        abstract: "A whole Push Service in one program: publish over HTTP, and browsers receive at once.",
        discussion: """
            Starts push-stream, push-agent, push-api and a private redis-server, prints their addresses, and runs until Ctrl-C or \
            SIGTERM. Nothing but the two ports below is opened.

            EXAMPLES:
              push-service
              push-service --api-port 8081 --stream-port 9090 --data-dir /var/lib/push-service
              push-service --redis-url redis://:secret@redis.internal:6379
              PUSHSERVICE_API__BASIC_AUTH_PASSWORD=secret push-service --config /etc/push-service.yml
            """,
        version: pushServiceVersion)

    @Option(help: ArgumentHelp("Where data is kept. (default: \(Self.defaultDataDirectory))", valueName: "dir"))
    var dataDir: String?

    @Option(help: ArgumentHelp("Use this Redis instead of a private one.", valueName: "url"))
    var redisURL: String?

    @Option(help: ArgumentHelp("The publishers' user. (default: app)", valueName: "name"))
    var user: String?

    @Option(
        help: ArgumentHelp(
            "The publishers' password. Other users of this machine can see it here; better set PUSHSERVICE_API__BASIC_AUTH_PASSWORD. "
                + "(default: a random one, kept in the data directory)", valueName: "secret"))
    var password: String?

    @Option(help: ArgumentHelp("The port of the publishing API and the admin app. (default: 8080)", valueName: "port"))
    var apiPort: UInt16?

    @Option(help: ArgumentHelp("The port of subscribers. (default: 9080)", valueName: "port"))
    var streamPort: UInt16?

    @Option(help: ArgumentHelp("A YAML file with more settings; --print-settings lists them.", valueName: "file"))
    var config: String?

    @Flag(
        help: "Ask the push-service that runs with this --api-port whether it is well, for a container's health check, and exit.")
    var health = false

    @Flag(help: "Print the settings that the YAML file and the environment can have, and exit.")
    var printSettings = false

    public init() {}

    public func run() async throws {
        if self.printSettings {
            print(Settings.help, terminator: "")
            return
        }
        if self.health {
            let address = HealthProbe.Address(port: Int(self.apiPort ?? 8080))
            throw ExitCode(HealthProbe.run(program: "push-service", arguments: [], address: address))
        }
        let options = Settings.Options(
            dataDirectory: self.dataDir ?? Self.defaultDataDirectory, redisURL: self.redisURL, user: self.user,
            password: self.password, apiPort: self.apiPort.map(Int.init), streamPort: self.streamPort.map(Int.init),
            configurationFile: self.config)
        let status = await runPushService(options, environment: ProcessInfo.processInfo.environment)
        throw ExitCode(status)
    }

    /// The XDG base directory specification's place for data of a user's programs.
    private static var defaultDataDirectory: String {
        let environment = ProcessInfo.processInfo.environment
        if let data = environment["XDG_DATA_HOME"], data.hasPrefix("/") { return "\(data)/push-service" }
        return "\(environment["HOME"] ?? "/var/lib")/.local/share/push-service"
    }
}

public let pushServiceVersion = "0.1.0"

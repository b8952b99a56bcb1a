import FoundationEssentials
import PushRuntime
import PushSystem

/// Settings of the provider that runs instances as processes of this machine.
public struct ProcessConfiguration: Sendable {
    /// The program `push-service`.
    public let program: String
    /// Holds a folder for each instance. Absolute.
    public let directory: String
    /// The host in the addresses that applications and browsers get.
    public let host: String

    public static let keys: [ConfigurationKey] = [
        ConfigurationKey(
            "provisioner.process.program", default: "",
            documentation: "The program push-service; by default the one beside pushaas, else the one in PATH."),
        ConfigurationKey(
            "provisioner.process.data_dir", default: "",
            documentation:
                "Holds a folder for each instance: its data, its log. By default pushaas-instances in $XDG_DATA_HOME, else in ~/.local/share."
        ),
        ConfigurationKey(
            "provisioner.process.host", default: "localhost",
            documentation: "The host in the addresses that applications and browsers get."),
    ]

    public init(program: String, directory: String, host: String) {
        self.program = program
        self.directory = directory
        self.host = host
    }

    /// - Parameter environment: Where `PATH`, `HOME` and `XDG_DATA_HOME` come from.
    /// - Throws: `ConfigurationError`, naming the key at fault.
    public init(_ values: ConfigurationValues, environment: [String: String]) throws(ConfigurationError) {
        func invalid(_ key: String, _ message: String) -> ConfigurationError {
            ConfigurationError([.init(key: "provisioner.process.\(key)", source: "value", message: message)])
        }
        let program = try values.string("provisioner.process.program")
        let beside = Executable.path.map { URL(filePath: $0).deletingLastPathComponent().appending(path: "push-service").path }
        let folders = (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/push-service" }
        let candidates = program.isEmpty ? [beside].compactMap(\.self) + folders : [program]
        guard let found = candidates.first(where: FileManager.default.isExecutableFile(atPath:)) else {
            throw invalid(
                "program",
                program.isEmpty
                    ? "push-service is neither beside this program nor in PATH: build it, or say where it is"
                    : "there is no program '\(program)'")
        }
        self.program = URL(filePath: found).standardizedFileURL.path
        var directory = try values.string("provisioner.process.data_dir")
        if directory.isEmpty {
            let home = environment["HOME"] ?? "/var/lib"
            directory =
                "\(environment["XDG_DATA_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "\(home)/.local/share")/pushaas-instances"
        }
        self.directory = URL(filePath: directory).standardizedFileURL.path
        self.host = try values.string("provisioner.process.host")
        guard !self.host.isEmpty, self.host.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || ".-:[]".contains($0)) })
        else {
            throw invalid("host", "give a host name or an address")
        }
    }
}

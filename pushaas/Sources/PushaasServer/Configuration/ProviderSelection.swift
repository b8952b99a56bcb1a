import Logging
import PushRuntime
import PushaasCurl
import PushaasDocker
import PushaasECS
import PushaasProcess
import PushaasProvisioning

/// The providers that pushaas has, and the one that the configuration names.
public enum ProviderSelection {
    /// The keys of all of them.
    public static let keys: [ConfigurationKey] =
        ECSConfiguration.keys + DockerConfiguration.keys + ProcessConfiguration.keys

    /// - Parameter environment: Of this process; where a provider looks for credentials and programs.
    /// - Throws: `ConfigurationError`, naming each key of the chosen provider at fault. The keys of the others are not looked at.
    public static func make(
        _ values: ConfigurationValues, installation: String, environment: [String: String], logger: Logger
    ) throws(ConfigurationError) -> any Provider {
        switch try values.string("provisioner.provider") {
        case "docker":
            return DockerProvider(configuration: try DockerConfiguration(values), installation: installation, logger: logger)
        case "process":
            return ProcessProvider(
                configuration: try ProcessConfiguration(values, environment: environment), installation: installation,
                curl: CurlClient(), logger: logger)
        default:
            return ECSProvider(configuration: try ECSConfiguration(values), installation: installation, logger: logger)
        }
    }
}

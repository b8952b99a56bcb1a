import Logging
import Synchronization

/// Installs the line handler for the whole process.
public enum LoggingBootstrap {
    private static let isInstalled = Mutex(false)

    /// The first call wins: swift-log allows one bootstrap in a process, and the single binary has several components.
    /// - Parameters:
    ///   - configuration: A schema that includes `ConfigurationKey.logging`.
    ///   - environment: For `NO_COLOR`.
    /// - Returns: Whether this call installed the handler.
    @discardableResult
    public static func install(
        _ configuration: ConfigurationValues, environment: [String: String], sink: LogSink = .standardOutput
    ) throws(ConfigurationError) -> Bool {
        let level = Logger.Level(rawValue: try configuration.string("log.level")) ?? .info
        let format = LogFormat(
            setting: try configuration.string("log.format"), isTerminal: sink.isTerminal, environment: environment)
        return isInstalled.withLock { installed in
            guard !installed else { return false }
            installed = true
            LoggingSystem.bootstrap(
                { label, provider in
                    var handler = LineLogHandler(label: label, level: level, format: format, sink: sink)
                    handler.metadataProvider = provider
                    return handler
                }, metadataProvider: nil)
            return true
        }
    }
}

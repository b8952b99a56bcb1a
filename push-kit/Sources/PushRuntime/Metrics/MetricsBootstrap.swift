import Metrics
import Synchronization

/// Installs a registry for the whole process.
public enum MetricsBootstrap {
    private static let installed = Mutex<PrometheusRegistry?>(nil)

    /// The first call wins: swift-metrics allows one bootstrap in a process, and the single binary has several components.
    /// - Returns: The registry that the process uses; render this one.
    public static func install(_ registry: @autoclosure () -> PrometheusRegistry = PrometheusRegistry()) -> PrometheusRegistry {
        installed.withLock { installed in
            if let installed { return installed }
            let registry = registry()
            MetricsSystem.bootstrap(registry)
            installed = registry
            return registry
        }
    }
}

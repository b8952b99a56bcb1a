import FoundationEssentials
import Glibc
import Logging
import PushSystem
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Runs a program's services from start to exit status.
///
/// SIGTERM or SIGINT drains: readiness fails, then the services shut down gracefully in the reverse of their order.
/// Past `drainTimeout` they are cancelled, and past `cancellationTimeout` more the process exits. A second signal
/// exits at once. A service that ends by itself ends the program.
public struct ServiceRunner: Sendable {
    /// Starts the messages on standard error: `push-api`.
    public let name: String
    /// How long a drain may take before the services are cancelled.
    public var drainTimeout: Duration = .seconds(30)
    /// How long cancelled services may take before the process exits with status 1.
    public var cancellationTimeout: Duration = .seconds(5)
    /// Between failing readiness and closing the listeners, so that a load balancer can look away first.
    public var readinessDelay: Duration = .zero
    public let drainState: DrainState

    /// Ends the process; another closure in tests.
    let exitNow: @Sendable (Int32) -> Void
    let report: @Sendable (String) -> Void

    public init(name: String, drainState: DrainState = DrainState()) {
        self.init(
            name: name, drainState: drainState, exitNow: { exit($0) },
            report: { Console.report($0) })
    }

    init(
        name: String, drainState: DrainState, exitNow: @escaping @Sendable (Int32) -> Void,
        report: @escaping @Sendable (String) -> Void
    ) {
        self.name = name
        self.drainState = drainState
        self.exitNow = exitNow
        self.report = report
    }

    /// Builds the services and runs them.
    /// - Parameter makeServices: The composition root. Services later in the array may depend on earlier ones: they
    ///   are started after and shut down before them. What it throws is reported like a service's failure.
    /// - Returns: 0 after a clean drain; 1 after a failure, when one line on standard error says why.
    public func run(_ makeServices: @Sendable () async throws -> [any Service]) async -> Int32 {
        // A client or a log collector that has gone away must not end the process.
        signal(SIGPIPE, SIG_IGN)
        do {
            let services = try await makeServices()
            return await run(services, logger: Logger(label: name))
        } catch {
            report("\(name): \(StartupError.describe(error))")
            return 1
        }
    }

    private enum Outcome {
        case finished
        case failed(any Error)
        case other
    }

    private func run(_ services: [any Service], logger: Logger) async -> Int32 {
        let endings = Endings()
        var configuration = ServiceGroupConfiguration(
            services: services.map {
                .init(
                    service: ObservedService(service: $0, endings: endings),
                    successTerminationBehavior: .gracefullyShutdownGroup, failureTerminationBehavior: .cancelGroup)
            }, logger: logger)
        configuration.maximumGracefulShutdownDuration = drainTimeout
        let group = ServiceGroup(configuration: configuration)
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)

        return await withTaskGroup(of: Outcome.self) { tasks in
            tasks.addTask {
                do {
                    try await group.run()
                    return .finished
                } catch {
                    return .failed(error)
                }
            }
            tasks.addTask {
                await handleSignals(signals, group, logger)
                return .other
            }
            for await outcome in tasks {
                switch outcome {
                case .other: continue
                case .finished, .failed:
                    tasks.cancelAll()
                    guard let problem = problem(outcome, endings) else {
                        logger.info("stopped")
                        return 0
                    }
                    report("\(name): \(problem)")
                    return 1
                }
            }
            return 1
        }
    }

    private func problem(_ outcome: Outcome, _ endings: Endings) -> String? {
        if let start = drainState.startedAt, ContinuousClock.now - start >= readinessDelay + drainTimeout {
            return "services did not stop within \(DurationText.format(drainTimeout)) and were cancelled"
        }
        if case .failed(let error) = outcome { return StartupError.describe(error) }
        if !drainState.isDraining { return "\(endings.first ?? "a service") ended unexpectedly" }
        return nil
    }

    private func handleSignals(_ signals: UnixSignalsSequence, _ group: ServiceGroup, _ logger: Logger) async {
        await withDiscardingTaskGroup { tasks in
            var count = 0
            for await signal in signals {
                count += 1
                if count > 1 {
                    report("\(name): second signal, exiting at once")
                    exitNow(128 + signal.rawValue)
                    return
                }
                drainState.begin()
                logger.info("draining", metadata: ["signal": .string("\(signal)")])
                tasks.addTask { await drain(group) }
            }
            tasks.cancelAll()
        }
    }

    /// Cancelled as soon as the group has ended.
    private func drain(_ group: ServiceGroup) async {
        do {
            try await Task.sleep(for: readinessDelay)
            await group.triggerGracefulShutdown()
            try await Task.sleep(for: drainTimeout + cancellationTimeout)
            report("\(name): services ignored their cancellation, exiting")
            exitNow(1)
        } catch {
            return
        }
    }
}

/// Which service ended first.
private final class Endings: Sendable {
    private let name = Mutex<String?>(nil)

    var first: String? { name.withLock { $0 } }

    func note(_ service: any Service) {
        name.withLock { $0 = $0 ?? "\(service)" }
    }
}

private struct ObservedService: Service, CustomStringConvertible {
    let service: any Service
    let endings: Endings

    var description: String { "\(service)" }

    func run() async throws {
        try await service.run()
        endings.note(service)
    }
}

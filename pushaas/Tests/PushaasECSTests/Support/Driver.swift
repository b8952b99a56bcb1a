import PushaasCurl
import PushaasProvisioning

@testable import PushaasECS

/// Runs steps as a worker does: keeps the outputs of those that are done.
struct Driver {
    let provider: ECSProvider
    let specification: InstanceSpecification
    var outputs: StepOutputs = [:]

    mutating func run(_ steps: [ProvisioningStep]) async throws {
        for step in steps {
            let context = StepContext(specification: self.specification, outputs: self.outputs)
            self.outputs.merge(try await step.run(context)) { $1 }
        }
    }

    func undo(_ steps: [ProvisioningStep]) async throws {
        for step in steps.reversed() {
            try await step.undo(StepContext(specification: self.specification, outputs: self.outputs))
        }
    }

    mutating func create() async throws { try await self.run(try self.provider.creationSteps(for: self.specification.plan)) }
    func destroy() async throws { try await self.undo(try self.provider.creationSteps(for: self.specification.plan)) }
}

extension ECSProvider {
    /// One for all tests: threads and connections cost more than the calls.
    private static let http = CurlClient()
    static let balancerARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/lb/0123456789abcdef"

    /// A provider whose AWS answers on a port of this machine, which is the load balancer of push-api too.
    static func test(_ port: Int, attempts: Int = 1, _ values: [String: String] = [:]) throws -> ECSProvider {
        var all = [
            "endpoint": "http://127.0.0.1:\(port)", "api_load_balancer.arn": Self.balancerARN,
            "api_load_balancer.ports": "\(port)-\(port)", "api_load_balancer.public_host": "127.0.0.1",
        ]
        all.merge(values) { $1 }
        var configuration = try ECSConfiguration.test(all)
        configuration.pollInterval = .milliseconds(1)
        return ECSProvider(
            configuration: configuration, installation: "pushaas-a", logger: .quiet,
            environment: ["AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret"],
            retry: RetryPolicy(attempts: attempts, base: .milliseconds(1), cap: .milliseconds(1)), http: self.http)
    }
}

extension FakeAWS {
    /// What there is after a creation, without what differs from run to run.
    var shape: [String] {
        self.withState { state in
            state.services.map { "service \($0.key) \($0.value.desired)" } + state.names.values.map { "name \($0.name)" }
                + state.secrets.keys.map { "secret \($0)" } + state.groups.keys.map { "group \($0)" }
                + state.listeners.values.map { "listener \($0["DefaultActions.member.1.TargetGroupArn"] ?? "")" }
                + state.definitions.filter(\.isActive).compactMap { TaskDefinitions.family(of: $0.arn) }.map {
                    "definition \($0)"
                }
        }.sorted()
    }

    var remains: [String] { self.withState { $0.remains } }
    var calls: [String] { self.withState { $0.calls } }
}

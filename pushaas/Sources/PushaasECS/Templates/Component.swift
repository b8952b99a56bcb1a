import PushaasProvisioning

/// A part of an instance that is an ECS service of its own.
public enum Component: String, Sendable, Hashable, CaseIterable {
    case redis = "push-redis"
    /// With a push-agent in each task.
    case stream = "push-stream"
    case api = "push-api"

    /// Of the port that others reach it at.
    var port: Int {
        switch self {
        case .redis: 6379
        case .stream: 9080
        case .api: 8080
        }
    }

    /// Tasks.
    func count(in plan: Plan) -> Int {
        switch self {
        case .redis: 1
        case .stream: plan.streamTasks
        case .api: plan.apiTasks
        }
    }

    /// Of the containers of a task.
    func sizes(in plan: Plan) -> [Plan.Size] {
        switch self {
        case .redis: [plan.redis]
        case .stream: [plan.stream, plan.agent]
        case .api: [plan.api]
        }
    }

    /// The name of the ECS service, of its task definitions' family and of its Cloud Map service.
    func name(_ specification: InstanceSpecification) -> String { "\(specification.resourceName)-\(self.rawValue)" }
}

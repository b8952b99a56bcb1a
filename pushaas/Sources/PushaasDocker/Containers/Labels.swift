import PushaasProvisioning

/// The labels of everything that is made here.
enum Label {
    static let installation = "pushaas.installation"
    static let instance = "pushaas.instance"
    static let name = "pushaas.name"
    static let component = "pushaas.component"
}

/// The parts of an instance, as labels, messages and inspections name them.
enum Component: String, Sendable, CaseIterable {
    case redis = "push-redis"
    case stream = "push-stream"
    case agent = "push-agent"
    case api = "push-api"
    case balancer
    /// Copies Redis' files from one volume to another, for as long as that takes.
    case copier
}

import PushaasProvisioning

/// The plans that users can choose from.
public struct PlanCatalog: Sendable {
    /// In the order in which users see them.
    public let plans: [Plan]
    /// What an instance gets that asks for none.
    public let standard: Plan

    /// - Parameter standard: The name of one of them.
    /// - Returns: `nil` if it is not one of them.
    public init?(plans: [Plan], standard: String) {
        guard let plan = plans.first(where: { $0.name == standard }) else { return nil }
        self.plans = plans
        self.standard = plan
    }

    public subscript(name: String) -> Plan? {
        self.plans.first { $0.name == name }
    }
}

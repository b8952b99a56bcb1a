import PushModels
import PushaasProvisioning

/// The names under which the tasks of a component find one another.
struct CloudMap: Sendable {
    let aws: AWSClient
    let templates: ECSTemplates

    /// The service's ARN, made if there is none of that name.
    func ensure(_ component: Component, _ specification: InstanceSpecification) async throws -> String {
        if let known = try await self.find(component.name(specification)), let arn = known["Arn"]?.string { return arn }
        let body = self.templates.cloudMapService(component, specification, namespaceID: try await self.namespaceID())
        do {
            let answer = try await self.aws.json(.cloudMap, "CreateService", body)
            if let arn = answer["Service"]?["Arn"]?.string { return arn }
        } catch let error as AWSError where error.code == "ServiceAlreadyExists" {
            // Made a moment ago, and not in the list yet.
            let name = component.name(specification)
            return try await poll(
                every: self.templates.configuration.pollInterval, within: .seconds(60), late: { error.providerError }
            ) { try await self.find(name)?["Arn"]?.string }
        }
        throw AWSError(.cloudMap, "CreateService", code: "BadAnswer", message: "there is no ARN in it", status: 200)
    }

    /// - Throws: `ProviderError` if there is no such namespace.
    func namespaceID() async throws -> String {
        let name = self.templates.configuration.namespace
        let found = try await self.aws.pages(
            .cloudMap, "ListNamespaces",
            ["Filters": [["Name": "NAME", "Values": [.string(name)], "Condition": "EQ"]]], items: "Namespaces", token: "NextToken"
        )
        guard let id = found.first(where: { $0["Name"]?.string == name })?["Id"]?.string else {
            throw ProviderError(.permanent, "there is no Cloud Map namespace '\(name)' in \(self.aws.region); create it first")
        }
        return id
    }

    /// All services of the namespace.
    func services() async throws -> [JSONValue] {
        let id = try await self.namespaceID()
        return try await self.aws.pages(
            .cloudMap, "ListServices",
            ["Filters": [["Name": "NAMESPACE_ID", "Values": [.string(id)], "Condition": "EQ"]]], items: "Services",
            token: "NextToken")
    }

    private func find(_ name: String) async throws -> JSONValue? {
        try await self.services().first { $0["Name"]?.string == name }
    }

    /// Takes the service of that name away, once ECS has deregistered its tasks.
    func remove(_ name: String) async throws {
        guard let id = try await self.find(name)?["Id"]?.string else { return }
        try await self.remove(id: id)
    }

    func remove(id: String) async throws {
        let configuration = self.templates.configuration
        try await poll(
            every: configuration.pollInterval, within: .seconds(180),
            late: { ProviderError(.temporary, "instances of tasks that have ended are still registered in Cloud Map") }
        ) {
            do {
                try await self.aws.json(.cloudMap, "DeleteService", ["Id": .string(id)])
                return true
            } catch let error as AWSError where error.code == "ServiceNotFound" {
                return true
            } catch let error as AWSError where error.code == "ResourceInUse" {
                // The tasks are gone by now. What ECS has left behind, or does not come to, goes by hand.
                try await self.deregisterAll(id)
                return nil
            }
        }
    }

    private func deregisterAll(_ id: String) async throws {
        let instances = try await self.aws.pages(
            .cloudMap, "ListInstances", ["ServiceId": .string(id)], items: "Instances", token: "NextToken")
        for instance in instances {
            guard let name = instance["Id"]?.string else { continue }
            do {
                try await self.aws.json(
                    .cloudMap, "DeregisterInstance", ["ServiceId": .string(id), "InstanceId": .string(name)])
            } catch let error as AWSError where ["InstanceNotFound", "DuplicateRequest", "ResourceInUse"].contains(error.code) {
                continue
            }
        }
    }
}

import PushModels
import PushaasProvisioning

/// The kinds of ``Resource`` of this provider.
private enum ResourceKind {
    /// By name.
    static let service = "ecs-service"
    /// By the family's name.
    static let taskDefinitions = "ecs-task-definitions"
    /// By id.
    static let name = "cloud-map-service"
    /// By name.
    static let secret = "secret"
    /// By ARN; with the listeners that lead to it.
    static let targetGroup = "target-group"
}

extension ECSProvider {
    public func resources() async throws -> [Resource] {
        try await translating {
            // Services first, because what follows is held by them as long as they are there.
            try await self.serviceResources() + self.targetGroupResources() + self.nameResources() + self.definitionResources()
                + self.secretResources()
        }
    }

    public func remove(_ resource: Resource) async throws {
        try await translating {
            switch resource.kind {
            case ResourceKind.service: try await self.deployer.removeService(resource.identifier)
            case ResourceKind.taskDefinitions: try await self.deployer.definitions.remove(resource.identifier)
            case ResourceKind.name: try await self.names.remove(id: resource.identifier)
            case ResourceKind.secret: try await self.secrets.remove(resource.identifier)
            case ResourceKind.targetGroup:
                let balancers = try await self.balancers.targetGroups().first { $0.arn == resource.identifier }?.balancers
                try await self.balancers.remove(group: resource.identifier, on: balancers ?? [])
            default:
                throw ProviderError(.permanent, "a resource of kind '\(resource.kind)' is none of the ecs provider")
            }
        }
    }

    /// - Returns: `nil` unless the tags are of this installation.
    private func resource(_ kind: String, _ identifier: String, tags: [String: String]) -> Resource? {
        guard tags[ECSTemplates.installationTag] == self.templates.installation else { return nil }
        return Resource(
            kind: kind, identifier: identifier, instance: tags[ECSTemplates.instanceTag].flatMap(InstanceID.init(rawValue:)))
    }

    /// `[{key, value}]` or `[{Key, Value}]`.
    private static func tags(_ list: JSONValue?) -> [String: String] {
        var tags: [String: String] = [:]
        for tag in list?.elements ?? [] {
            if let key = (tag["key"] ?? tag["Key"])?.string { tags[key] = (tag["value"] ?? tag["Value"])?.string ?? "" }
        }
        return tags
    }

    private func serviceResources() async throws -> [Resource] {
        let cluster = JSONValue.string(self.configuration.cluster)
        let arns = try await self.aws.pages(.ecs, "ListServices", ["cluster": cluster], items: "serviceArns")
        var found: [Resource] = []
        // Ten are the most that one call takes.
        for start in stride(from: 0, to: arns.count, by: 10) {
            let answer = try await self.aws.json(
                .ecs, "DescribeServices",
                ["cluster": cluster, "services": .array(Array(arns[start..<min(start + 10, arns.count)])), "include": ["TAGS"]])
            for service in answer["services"]?.elements ?? [] where service["status"]?.string != "INACTIVE" {
                guard let name = service["serviceName"]?.string else { continue }
                if let own = self.resource(ResourceKind.service, name, tags: Self.tags(service["tags"])) { found.append(own) }
            }
        }
        return found
    }

    private func definitionResources() async throws -> [Resource] {
        let families = try await self.aws.pages(
            .ecs, "ListTaskDefinitionFamilies", ["familyPrefix": "pushaas-", "status": "ACTIVE"], items: "families")
        var found: [Resource] = []
        for family in families.compactMap(\.string) where family.hasPrefix("pushaas-") {
            do {
                let answer = try await self.aws.json(
                    .ecs, "DescribeTaskDefinition", ["taskDefinition": .string(family), "include": ["TAGS"]])
                let own = self.resource(ResourceKind.taskDefinitions, family, tags: Self.tags(answer["tags"]))
                if let own { found.append(own) }
            } catch let error as AWSError where error.code == "ClientException" {
                // Its last revision was retired meanwhile.
                continue
            }
        }
        return found
    }

    private func nameResources() async throws -> [Resource] {
        var found: [Resource] = []
        for service in try await self.names.services() {
            guard service["Name"]?.string?.hasPrefix("pushaas-") == true, let id = service["Id"]?.string,
                let arn = service["Arn"]
            else { continue }
            do {
                let answer = try await self.aws.json(.cloudMap, "ListTagsForResource", ["ResourceARN": arn])
                if let own = self.resource(ResourceKind.name, id, tags: Self.tags(answer["Tags"])) { found.append(own) }
            } catch let error as AWSError where error.code == "ResourceNotFoundException" {
                continue
            }
        }
        return found
    }

    private func secretResources() async throws -> [Resource] {
        let secrets = try await self.aws.pages(
            .secretsManager, "ListSecrets",
            ["Filters": [["Key": "name", "Values": [.string("pushaas/\(self.templates.installation)/")]]]], items: "SecretList",
            token: "NextToken")
        return secrets.compactMap { secret in
            // Those that are being deleted are listed on request only.
            guard let name = secret["Name"]?.string else { return nil }
            return self.resource(ResourceKind.secret, name, tags: Self.tags(secret["Tags"]))
        }
    }

    private func targetGroupResources() async throws -> [Resource] {
        if self.configuration.streamLoadBalancer == nil, self.configuration.apiLoadBalancer == nil { return [] }
        let groups = try await self.balancers.targetGroups().map(\.arn)
        let tags = try await self.balancers.tags(of: groups)
        return groups.compactMap { self.resource(ResourceKind.targetGroup, $0, tags: tags[$0] ?? [:]) }
    }
}

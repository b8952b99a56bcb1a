import PushModels
import PushRuntime
import PushaasProvisioning

/// What pushaas sends to AWS for an instance, and what runs pushaas itself, as JSON files for people who deploy by hand.
///
/// They are made by the templates that the provider uses. What differs from one deployment to the next is a placeholder, `${NAME}`, as
/// `envsubst` fills it in. Left out is what only a program that repeats its calls needs: tokens, and the digest of a task definition.
public struct ECSDocuments: Sendable {
    public struct Document: Sendable, Hashable {
        /// The repository's folder that has it: `push-service/ecs`.
        public let folder: String
        /// `push-api.task-definition`, of which `.json` is left out.
        public let name: String
        public let content: JSONValue

        /// As it stands in its file.
        public var text: String { self.content.prettyText + "\n" }
        public var path: String { "\(self.folder)/\(self.name).json" }
    }

    public let documents: [Document]

    /// - Parameter plan: How many and how large the tasks of the instance are, and its limits.
    /// - Throws: `ProviderError` of kind `unsupported` if Fargate has no task that is big enough.
    public init(plan: Plan) throws(ProviderError) {
        let templates = ECSTemplates(configuration: try Self.configuration(), installation: "${INSTALLATION}")
        self.documents = try Self.instance(plan, templates) + Self.pushaas(templates)
    }

    /// Finds a document by its name, with or without `.json`.
    public func document(named name: String) -> Document? {
        let name = name.hasSuffix(".json") ? String(name.dropLast(".json".count)) : name
        return self.documents.first { $0.name == name }
    }

    // MARK: Placeholders

    /// A configuration whose values are placeholders. Data lies on a file system, because channels and keys have to survive a task.
    private static func configuration() throws(ProviderError) -> ECSConfiguration {
        let values = [
            "region": "${REGION}", "cluster": "${CLUSTER}", "subnet": "${SUBNET_1},${SUBNET_2}",
            "security_group": "${SECURITY_GROUP}", "dns_namespace": "${NAMESPACE}", "logs_group": "${LOG_GROUP}",
            "image_push_api": "${IMAGE_PUSH_API}", "image_push_agent": "${IMAGE_PUSH_AGENT}",
            "image_push_stream": "${IMAGE_PUSH_STREAM}", "image_push_redis": "${IMAGE_PUSH_REDIS}", "redis.mode": "efs",
            "redis.efs_file_system": "${EFS_FILE_SYSTEM}", "redis.efs_access_point": "${EFS_ACCESS_POINT}",
        ]
        let overrides = Dictionary(uniqueKeysWithValues: values.map { (ECSConfiguration.name($0.key), $0.value) })
        do {
            let schema = ConfigurationSchema(prefix: "PUSHAAS", keys: ECSConfiguration.keys)
            return try ECSConfiguration(schema.load(environment: [:], overrides: overrides))
        } catch {
            throw ProviderError(.permanent, "the placeholders are no configuration: \(error)")
        }
    }

    private static let inputs = ECSTemplates.Inputs(
        secretARN: "${SECRET_ARN}", executionRole: "${EXECUTION_ROLE_ARN}", streamURL: "${PUSH_STREAM_URL}")

    /// The name that stands for the placeholder `PREFIX`, because an id is of letters and digits.
    private static let id = "prefixprefix"

    // MARK: An instance

    private static func instance(_ plan: Plan, _ templates: ECSTemplates) throws(ProviderError) -> [Document] {
        guard let id = InstanceID(rawValue: self.id) else { throw ProviderError(.permanent, "'\(self.id)' is no id") }
        let specification = InstanceSpecification(
            id: id, name: self.id, plan: plan,
            secrets: .init(apiUser: "${API_USER}", apiPassword: "${API_PASSWORD}", redisPassword: "${REDIS_PASSWORD}"))
        var documents: [Document] = []
        func add(_ name: String, _ content: JSONValue) {
            documents.append(
                Document(
                    folder: "push-service/ecs", name: name,
                    content: content.forPeople { text in
                        text.replacing(specification.resourceName, with: "${PREFIX}").replacing(self.id, with: "${PREFIX}")
                    }))
        }
        add("push-service.secret", templates.createSecret(specification, redisURL: nil))
        for component in Component.allCases {
            let name = component.rawValue
            let variable = name.uppercased().replacing("-", with: "_")
            add("\(name).cloud-map", templates.cloudMapService(component, specification, namespaceID: "${NAMESPACE_ID}"))
            add("\(name).task-definition", try templates.taskDefinition(component, specification, self.inputs))
            add(
                "\(name).service",
                templates.createService(
                    component, specification, taskDefinition: component.name(specification),
                    registryARN: "${\(variable)_REGISTRY_ARN}",
                    targetGroupARN: component == .redis ? nil : "${\(variable)_TARGET_GROUP_ARN}"))
        }
        return documents
    }

    // MARK: pushaas itself

    private static func pushaas(_ templates: ECSTemplates) -> [Document] {
        let secret: JSONValue = [
            "api_password": "${API_PASSWORD}", "redis_password": "${REDIS_PASSWORD}",
            "redis_url": "redis://:${REDIS_PASSWORD}@pushaas-redis.${NAMESPACE}:6379",
        ]
        let contents: [(String, [String: JSONValue]?)] = [
            (
                "pushaas.secret",
                [
                    "Name": "pushaas/${INSTALLATION}", "Description": "Passwords of pushaas and of its Redis",
                    "SecretString": .string(secret.text),
                ]
            ),
            (
                "pushaas-redis.cloud-map",
                templates.discovery(
                    "pushaas-redis", description: "The Redis of pushaas", namespaceID: "${NAMESPACE_ID}", token: "")
            ),
            (
                "pushaas-redis.task-definition",
                templates.pushaasRedisDefinition(
                    family: "pushaas-redis", executionRole: self.inputs.executionRole, secretARN: self.inputs.secretARN)
            ),
            (
                "pushaas-redis.service",
                templates.pushaasRedisService("pushaas-redis", registryARN: "${PUSHAAS_REDIS_REGISTRY_ARN}")
            ),
            (
                "pushaas.cloud-map",
                templates.discovery("pushaas", description: "pushaas", namespaceID: "${NAMESPACE_ID}", token: "")
            ),
            (
                "pushaas.task-definition",
                templates.pushaasDefinition(
                    family: "pushaas", image: "${IMAGE_PUSHAAS}", role: "${PUSHAAS_ROLE_ARN}",
                    executionRole: self.inputs.executionRole, secretARN: self.inputs.secretARN)
            ),
            (
                "pushaas.service",
                templates.pushaasService(
                    "pushaas", registryARN: "${PUSHAAS_REGISTRY_ARN}", targetGroupARN: "${PUSHAAS_TARGET_GROUP_ARN}")
            ),
        ]
        return contents.compactMap { name, content in
            content.map { Document(folder: "pushaas/ecs", name: name, content: JSONValue.object($0).forPeople { $0 }) }
        }
    }
}

extension JSONValue {
    /// Without what only repeated calls need, and with each text as `name` makes it.
    fileprivate func forPeople(_ name: (String) -> String) -> JSONValue {
        guard case .object(var members) = self else { return self.texts(name) }
        for token in ["clientToken", "CreatorRequestId", "ClientRequestToken"] { members[token] = nil }
        if case .array(let tags)? = members["tags"] {
            members["tags"] = .array(tags.filter { $0["key"]?.string != ECSTemplates.digestTag })
        }
        return JSONValue.object(members).texts(name)
    }

    private func texts(_ change: (String) -> String) -> JSONValue {
        switch self {
        case .string(let text): .string(change(text))
        case .array(let elements): .array(elements.map { $0.texts(change) })
        case .object(let members): .object(members.mapValues { $0.texts(change) })
        case .null, .bool, .int, .double: self
        }
    }
}

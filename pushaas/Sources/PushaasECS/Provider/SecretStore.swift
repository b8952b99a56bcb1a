import PushModels
import PushaasProvisioning

/// Secrets Manager, where an instance has one secret.
struct SecretStore: Sendable {
    let aws: AWSClient
    let templates: ECSTemplates

    /// - Returns: The ARN.
    func ensure(_ specification: InstanceSpecification, redisURL: String?) async throws -> String {
        try await self.create(self.templates.createSecret(specification, redisURL: redisURL))
    }

    /// Whether a secret of that name is there already, and whose it is.
    private func create(_ body: JSONValue) async throws -> String {
        do {
            let answer = try await self.aws.json(.secretsManager, "CreateSecret", body)
            if let arn = answer["ARN"]?.string { return arn }
        } catch let error as AWSError where error.code == "ResourceExistsException" {
            if let found = try await self.describe(body["Name"]?.string ?? ""), let arn = found["ARN"]?.string { return arn }
        }
        throw AWSError(
            .secretsManager, "CreateSecret", code: "BadAnswer", message: "the secret is neither new nor there", status: 200,
            isTransient: true)
    }

    func describe(_ name: String) async throws -> JSONValue? {
        do {
            return try await self.aws.json(.secretsManager, "DescribeSecret", ["SecretId": .string(name)])
        } catch let error as AWSError where error.code == "ResourceNotFoundException" {
            return nil
        }
    }

    /// At once, and for good: the name can be used again.
    func remove(_ name: String) async throws {
        do {
            try await self.aws.json(
                .secretsManager, "DeleteSecret", ["SecretId": .string(name), "ForceDeleteWithoutRecovery": true])
        } catch let error as AWSError where error.code == "ResourceNotFoundException" {
            return
        }
    }

    // MARK: Which instance has which external Redis

    /// Named after the server and its database: its place in the configuration, and its password, may change.
    private func claimName(_ server: String) -> String {
        "pushaas/\(self.templates.installation)/external-redis-\(ECSTemplates.digest(server))"
    }

    /// A URL without user and password: `redis://10.0.0.5:6379/1`.
    static func server(of url: String) -> String {
        guard let at = url.lastIndex(of: "@"), let scheme = url.firstRange(of: "://") else { return url }
        return "\(url[..<scheme.upperBound])\(url[url.index(after: at)...])"
    }

    private var servers: [String] { self.templates.configuration.redisURLs.map(Self.server) }

    /// Takes a Redis of those that are configured. The claim is a secret, because its name can be had once only.
    ///
    /// - Returns: The URL of its server, without user and password.
    /// - Throws: `ProviderError` if all are taken.
    func claimRedis(_ specification: InstanceSpecification) async throws -> String {
        // Its own of an earlier run first: a free one before it would be a second.
        if let own = try await self.claimedRedis(specification) { return own }
        for server in self.servers {
            let body: JSONValue = [
                "Name": .string(self.claimName(server)),
                "ClientRequestToken": .string("pushaas-claim-of-a-redis-\(specification.id)"),
                "Description": .string("Says which Push Service instance has \(server)"),
                "SecretString": .string(specification.id.rawValue), "Tags": self.templates.upperCaseTags(specification),
            ]
            _ = try await self.create(body)
            if try await self.owner(server) == specification.id.rawValue { return server }
        }
        throw ProviderError(
            .permanent,
            "all \(self.servers.count) Redis servers of provisioner.ecs.redis.url have an instance; add one, or destroy an instance"
        )
    }

    func claimedRedis(_ specification: InstanceSpecification) async throws -> String? {
        for server in self.servers where try await self.owner(server) == specification.id.rawValue {
            return server
        }
        return nil
    }

    func releaseRedis(_ specification: InstanceSpecification) async throws {
        guard let server = try await self.claimedRedis(specification) else { return }
        try await self.remove(self.claimName(server))
    }

    private func owner(_ server: String) async throws -> String? {
        let tags = try await self.describe(self.claimName(server))?["Tags"]?.elements ?? []
        return tags.first { $0["Key"]?.string == ECSTemplates.instanceTag }?["Value"]?.string
    }
}

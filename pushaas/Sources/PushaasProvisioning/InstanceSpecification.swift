/// What a provider has to know of an instance to make it, to change it and to take it away.
public struct InstanceSpecification: Sendable, Hashable, Codable {
    /// Made with the instance, so that each step can be repeated with the same result.
    public struct Secrets: Sendable, Hashable, Codable {
        /// The user that pushaas itself is for the instance's push-api (`api.basic_auth_user`).
        public var apiUser: String
        /// That user's password.
        public var apiPassword: String
        /// The password of push-redis. Letters and digits, so that it needs no escaping in a URL.
        public var redisPassword: String

        public init(apiUser: String, apiPassword: String, redisPassword: String) {
            self.apiUser = apiUser
            self.apiPassword = apiPassword
            self.redisPassword = redisPassword
        }
    }

    /// Tells one instance from another of the same name, before or after it. See ``InstanceID``.
    public var id: InstanceID
    /// As its user named it: `^[A-Za-z][-a-zA-Z0-9_]+$`.
    public var name: String
    public var plan: Plan
    public var secrets: Secrets

    public init(id: InstanceID, name: String, plan: Plan, secrets: Secrets) {
        self.id = id
        self.name = name
        self.plan = plan
        self.secrets = secrets
    }

    /// Begins the names of all that is made for this instance and for no other: `pushaas-mychat-k3v9q0z1x7ab`.
    ///
    /// Lower-case letters, digits and hyphens, with a letter first, 41 characters at most: fit for containers, for ECS, for Cloud Map, for DNS
    /// labels. The name is shortened and only for people; the id alone makes it unique.
    public var resourceName: String {
        var slug = ""
        for character in self.name.lowercased().unicodeScalars.prefix(20) {
            slug.unicodeScalars.append(character == "_" ? "-" : character)
        }
        while slug.hasSuffix("-") { slug.removeLast() }
        return "pushaas-\(slug)-\(self.id)"
    }
}

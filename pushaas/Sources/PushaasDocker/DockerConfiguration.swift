import FoundationEssentials
import PushRuntime

/// How the provider reaches its Docker Engine, what it starts there, and where instances are to be found afterwards.
public struct DockerConfiguration: Sendable {
    /// Where the Engine listens.
    struct Endpoint: Sendable, Hashable {
        /// Its socket's path; `nil` over TCP.
        var socket: String?
        /// What paths are appended to: `http://docker`, `https://10.0.0.5:2376`.
        var url: String
        /// As it was configured, for messages.
        var name: String
        /// Files in PEM format.
        var authorities: String?
        var certificate: String?
        var key: String?
    }

    struct Images: Sendable, Hashable {
        var redis: String
        var stream: String
        var agent: String
        var api: String
        var balancer: String
    }

    /// Who pulls images from a registry that wants to know.
    struct Registry: Sendable, Hashable {
        /// As the names of its images begin: `registry.example.com`.
        var server: String
        var user: String
        var password: String
    }

    var endpoint: Endpoint
    var images: Images
    var registry: Registry?
    /// The address of the Engine's machine that ports are published on.
    var publishAddress: String
    /// Two of these ports are published for each instance.
    var publishPorts: ClosedRange<Int>
    /// The host in the URLs that users get.
    var publicHost: String
    /// The host by which pushaas itself reaches the published ports.
    var managementHost: String
    /// How long a container may take to end after it was asked to.
    var stopTimeout: Duration
    /// How often the Engine runs health checks.
    var healthInterval: Duration
    /// How long a container may take to become healthy.
    var healthTimeout: Duration

    /// - Throws: `ConfigurationError`, naming each key at fault.
    public init(_ values: ConfigurationValues) throws(ConfigurationError) {
        func text(_ name: String) throws(ConfigurationError) -> String? {
            let text = try values.optionalString("provisioner.docker.\(name)") ?? ""
            return text.isEmpty ? nil : text
        }
        self.endpoint = try Self.endpoint(
            try text("host") ?? "", authorities: try text("tls_ca"), certificate: try text("tls_cert"), key: try text("tls_key"))
        self.images = Images(
            redis: try values.string("provisioner.docker.image_push_redis"),
            stream: try values.string("provisioner.docker.image_push_stream"),
            agent: try values.string("provisioner.docker.image_push_agent"),
            api: try values.string("provisioner.docker.image_push_api"),
            balancer: try values.string("provisioner.docker.image_balancer"))
        if let server = try text("registry_server") {
            guard let user = try text("registry_user"), let password = try text("registry_password") else {
                throw Self.invalid("registry_server", "needs registry_user and registry_password beside it")
            }
            self.registry = Registry(server: server, user: user, password: password)
        }
        self.publishAddress = try text("publish_address") ?? "127.0.0.1"
        let ports = try values.string("provisioner.docker.publish_ports")
        guard let range = Self.range(ports) else {
            throw Self.invalid("publish_ports", "expected two ports, the lower one first, such as 20000-29999")
        }
        self.publishPorts = range
        let host = try text("public_host")
        guard host != nil || !["0.0.0.0", "::"].contains(self.publishAddress) else {
            throw Self.invalid("public_host", "has to be set when ports are published on all addresses")
        }
        self.publicHost = host ?? Self.bracketed(self.publishAddress)
        self.managementHost = try text("management_host") ?? self.publicHost
        self.stopTimeout = try values.duration("provisioner.docker.stop_timeout")
        self.healthInterval = try values.duration("provisioner.docker.health_interval")
        self.healthTimeout = try values.duration("provisioner.docker.health_timeout")
    }

    private static func invalid(_ key: String, _ message: String) -> ConfigurationError {
        ConfigurationError([.init(key: "provisioner.docker.\(key)", source: "value", message: message)])
    }

    private static func endpoint(
        _ host: String, authorities: String?, certificate: String?, key: String?
    ) throws(ConfigurationError) -> Endpoint {
        let usesTLS = authorities != nil || certificate != nil || key != nil
        if host.hasPrefix("unix:///"), !usesTLS {
            return Endpoint(socket: String(host.dropFirst("unix://".count)), url: "http://docker", name: host)
        }
        guard host.hasPrefix("tcp://"), let url = URL(string: host), let name = url.host(), !name.isEmpty,
            url.path().isEmpty || url.path() == "/"
        else {
            throw Self.invalid("host", "expected unix:///path/to.sock (without TLS files) or tcp://host:port")
        }
        guard (certificate == nil) == (key == nil) else { throw Self.invalid("tls_cert", "needs tls_key beside it") }
        let port = url.port ?? (usesTLS ? 2376 : 2375)
        return Endpoint(
            socket: nil, url: "\(usesTLS ? "https" : "http")://\(Self.bracketed(name)):\(port)", name: host,
            authorities: authorities, certificate: certificate, key: key)
    }

    private static func range(_ text: String) -> ClosedRange<Int>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard ends.count == 2, let lower = ends[0], let upper = ends[1], lower > 0, upper <= 65_535, lower < upper else {
            return nil
        }
        return lower...upper
    }

    /// As a URL wants an IPv6 address.
    private static func bracketed(_ host: String) -> String {
        host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
    }
}

import PushRuntime

extension DockerConfiguration {
    /// All keys, with their defaults and documentation. A pushaas with another provider starts without any of them.
    public static let keys: [ConfigurationKey] = [
        ConfigurationKey(
            "provisioner.docker.host", default: "unix:///var/run/docker.sock",
            documentation:
                "The Docker Engine: unix:///path/to.sock or tcp://host:port, which uses TLS if one of the next three is set."),
        ConfigurationKey(
            "provisioner.docker.tls_ca", documentation: "The authorities that the Engine's certificate may come from (PEM file)."),
        ConfigurationKey(
            "provisioner.docker.tls_cert", documentation: "The certificate that pushaas shows to the Engine (PEM file)."),
        ConfigurationKey("provisioner.docker.tls_key", documentation: "That certificate's key (PEM file)."),
        ConfigurationKey(
            "provisioner.docker.image_push_redis", default: "push-redis:latest", documentation: "push-redis' image."),
        ConfigurationKey(
            "provisioner.docker.image_push_stream", default: "push-stream:latest", documentation: "push-stream's image."),
        ConfigurationKey(
            "provisioner.docker.image_push_agent", default: "push-agent:latest", documentation: "push-agent's image."),
        ConfigurationKey("provisioner.docker.image_push_api", default: "push-api:latest", documentation: "push-api's image."),
        ConfigurationKey(
            "provisioner.docker.image_balancer", default: "haproxy:lts",
            documentation: "The image of the load balancer before push-stream and push-api: an HAProxy, 2.6 or later."),
        ConfigurationKey(
            "provisioner.docker.registry_server",
            documentation: "The registry that wants a user and a password, as its images' names begin: registry.example.com."),
        ConfigurationKey("provisioner.docker.registry_user", documentation: "Who pulls from it."),
        ConfigurationKey("provisioner.docker.registry_password", isSecret: true, documentation: "That user's password."),
        ConfigurationKey(
            "provisioner.docker.publish_address", default: "127.0.0.1",
            documentation: "The address of the Engine's machine on which instances are reached."),
        ConfigurationKey(
            "provisioner.docker.publish_ports", default: "20000-29999",
            documentation: "The ports that instances may have there, two for each; they stay the same for as long as it lives."),
        ConfigurationKey(
            "provisioner.docker.public_host",
            documentation: "The host in the URLs that users get; the publish address if not set."),
        ConfigurationKey(
            "provisioner.docker.management_host",
            documentation: "The host by which pushaas itself reaches the published ports; the public host if not set."),
        ConfigurationKey(
            "provisioner.docker.stop_timeout", .duration(.seconds(1)...(.seconds(3600))), default: "2m",
            documentation: "How long a container may take to end: longer than push-stream's worker_shutdown_timeout."),
        ConfigurationKey(
            "provisioner.docker.health_interval", .duration(.milliseconds(100)...(.seconds(300))), default: "5s",
            documentation: "How often the Engine runs the containers' health checks."),
        ConfigurationKey(
            "provisioner.docker.health_timeout", .duration(.seconds(1)...(.seconds(3600))), default: "2m",
            documentation: "How long a container may take to become healthy."),
    ]
}

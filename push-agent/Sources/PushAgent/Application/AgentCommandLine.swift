import PushRuntime

/// What the program prints about itself.
public enum AgentCommandLine {
    public static let version = "push-agent 1.0.0"

    public static var help: String {
        """
        push-agent delivers messages from Redis to push-stream, in order and without loss, and copies push-stream's
        statistics to Redis.

        Usage:
          push-agent              runs until SIGTERM or SIGINT; then finishes what is in flight and exits
          push-agent --health     asks the running push-agent whether it is well, for the health check of a container; exits 0 or 1
          push-agent --help       prints this
          push-agent --version    prints the version

        Configuration: a YAML file (PUSHAGENT_CONFIG, else ./config/<PUSHAGENT_ENV>.yml), then the environment.
        PUSHAGENT_ENV is local (the default) or prod.

        \(AgentConfiguration.schema.helpText())
        """
    }
}

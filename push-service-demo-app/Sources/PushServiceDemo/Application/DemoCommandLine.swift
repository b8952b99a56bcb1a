import PushRuntime

/// What the program prints about itself.
public enum DemoCommandLine {
    public static let version = "push-service-demo-app 0.1.0"

    public static var help: String {
        """
        push-service-demo-app keeps articles, and shows every change of them in every open page at once, through a Push Service.

        Usage:
          push-service-demo-app              runs until SIGTERM or SIGINT
          push-service-demo-app --health     asks the running app whether it is well, for the health check of a container; exits 0 or 1
          push-service-demo-app --help       prints this
          push-service-demo-app --version    prints the version

        Variables that a platform sets (`tsuru service instance bind pushaas NAME -a APP` sets the first three):

          PUSHAAS_ENDPOINT
              The address of push-api, such as http://localhost:8080. Without it and the next two the app runs without live updates.
          PUSHAAS_USERNAME
              The user of push-api.
          PUSHAAS_PASSWORD
              The user's password, or an API key that may publish and create channels.
          PORT (default: 8888)
              The port to listen on.

        The app's own configuration: a YAML file (DEMO_CONFIG, else ./config/<DEMO_ENV>.yml), then the environment.

        \(DemoConfiguration.schema.helpText())
        """
    }
}

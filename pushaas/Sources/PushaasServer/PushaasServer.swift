/// The version of pushaas, as `--version` prints it.
public let pushaasVersion = "0.1.0"

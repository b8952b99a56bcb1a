extension ConfigurationKey {
    /// `log.level` and `log.format`, the same for every component.
    public static var logging: [ConfigurationKey] {
        [
            ConfigurationKey(
                "log.level", .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]), default: "info",
                documentation: "The least severe messages to log."),
            ConfigurationKey(
                "log.format", .choice(["auto", "text", "json"]), default: "auto",
                documentation: "Text for people, JSON lines for machines; auto is text on a terminal and JSON elsewhere."),
        ]
    }
}

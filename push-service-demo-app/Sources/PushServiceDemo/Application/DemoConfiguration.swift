import Foundation
import PushRuntime

/// The configuration of the demo app.
public struct DemoConfiguration: Sendable {
    /// The app's own keys. The variables that a platform sets have names of their own, which follow no prefix: see
    /// ``init(environment:)``.
    public static let schema = ConfigurationSchema(
        prefix: "DEMO",
        keys: [
            ConfigurationKey(
                "database", default: "demo.sqlite",
                documentation: "The SQLite file with the articles; made when it is not there. Its folder has to be there."),
            ConfigurationKey("server.host", default: "0.0.0.0", documentation: "The address to listen on."),
            ConfigurationKey(
                "push_stream.url", .url(schemes: ["http", "https"]),
                documentation:
                    "Where the status page asks whether push-stream answers, if this app reaches it at another address than browsers do."
            ),
        ] + ConfigurationKey.logging)

    /// `DEMO_DATABASE`
    public var database: String
    /// `DEMO_SERVER__HOST`
    public var host = "0.0.0.0"
    /// `PORT`; 0 lets the system choose.
    public var port = 8888
    /// `PUSHAAS_ENDPOINT`, `PUSHAAS_USERNAME`, `PUSHAAS_PASSWORD`
    public var pushService: PushServiceVariables
    /// `DEMO_PUSH_STREAM__URL`
    public var pushStreamCheck: URL?
    /// All that has a key.
    public let values: ConfigurationValues

    /// - Parameter environment: the process's variables.
    /// - Throws: `ConfigurationError` that names the variable. Missing or wrong variables of the Push Service are no error: the app runs
    ///   without live updates then, and its status page says why.
    public init(environment: [String: String]) throws(ConfigurationError) {
        self.values = try Self.schema.load(environment: environment)
        self.database = try self.values.string("database")
        self.host = try self.values.string("server.host")
        self.pushStreamCheck = try self.values.optionalURL("push_stream.url")
        self.pushService = PushServiceVariables(environment: environment)
        if let text = environment["PORT"], !text.isEmpty {
            guard let port = Int(text), (0...65_535).contains(port) else {
                throw ConfigurationError([
                    .init(key: nil, source: "PORT", message: "expected an integer from 0 to 65535, got \"\(text.prefix(60))\"")
                ])
            }
            self.port = port
        }
        if self.database.isEmpty {
            throw ConfigurationError([
                .init(key: "database", source: "DEMO_DATABASE", message: "expected the path of a file, got nothing")
            ])
        }
    }
}

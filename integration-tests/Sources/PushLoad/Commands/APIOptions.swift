import ArgumentParser
import Foundation

/// Where push-api is, and who publishes.
struct APIOptions: ParsableArguments {
    @OptionGroup var subscription: SubscriptionOptions

    @Option(help: ArgumentHelp("Where push-api is.", valueName: "host:port"))
    var apiAddress = "127.0.0.1:8080"

    @Option(help: ArgumentHelp("Signs in with HTTP Basic authentication.", valueName: "name:password"))
    var user: String?

    @Option(help: ArgumentHelp("Signs in with an API key.", valueName: "key"))
    var key: String?

    func validate() throws {
        guard self.user == nil || self.key == nil else { throw ValidationError("--user and --key exclude each other") }
        guard self.user?.contains(":") ?? true else { throw ValidationError("--user must be NAME:PASSWORD") }
        guard (self.user ?? "").allSatisfy({ !$0.isNewline }), (self.key ?? "").utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { throw ValidationError("--user and --key must hold no line ends, and --key no blanks") }
        try self.subscription.requireStream()
    }

    func target() throws -> Target {
        try self.subscription.target(publishAddress: self.apiAddress, path: "/api/v1/messages")
    }

    /// - Parameter size: bytes of a message's content; the text of the load is not encoded.
    static func check(size: Int) throws {
        guard (SequenceMark.length...32_768).contains(size) else {
            throw ValidationError("--size must be \(SequenceMark.length) to 32768, the most that push-api takes")
        }
    }

    /// - Parameter count: messages of one request.
    func request(_ target: Target, size: Int, count: Int) throws -> PublishRequest {
        let credentials: APICredentials = self.user.map { .basic($0) } ?? self.key.map { .bearer($0) } ?? .none
        return try PublishRequest(
            apiHost: target.publishers.text, credentials: credentials, channel: target.channel, size: size, count: count)
    }
}

/// The arguments of `return`.
public struct ReturnDirective: Sendable, Hashable {
    /// Without a code, a URL redirects with 302.
    public let status: Int
    public let text: String?

    public init(_ directive: Directive) throws(ConfigurationError) {
        let code = directive.text
        if let status = Units.number(code) {
            // Below 200 there is no answer that ends a request.
            guard (200...999).contains(status) else { throw directive.error("invalid return code \"\(code)\"") }
            self.status = status
            self.text = directive.arguments.count > 1 ? directive.arguments[1] : nil
            return
        }
        let isAddress = ["http://", "https://", "$scheme"].contains { code.hasPrefix($0) }
        guard directive.arguments.count == 1, isAddress else { throw directive.error("invalid return code \"\(code)\"") }
        self.status = 302
        self.text = code
    }
}

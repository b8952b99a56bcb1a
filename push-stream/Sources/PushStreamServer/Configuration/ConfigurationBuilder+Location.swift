import NginxConf
import PushStreamCore

extension ConfigurationBuilder {
    /// Everything of a location but its `set`, `if` and `return`.
    func location(
        _ scope: Scope,
        store: StoreSettings,
        handler: LocationHandler,
        pattern: LocationPattern? = nil
    ) throws(ConfigurationError) -> LocationSettings {
        var headers: [AddedHeader] = []
        for directive in scope.nearestAll("add_header") {
            let value = try self.complex(directive.arguments[1], directive)
            headers.append(AddedHeader(name: directive.text, value: value, always: directive.arguments.count == 3))
        }
        return LocationSettings(
            handler: handler,
            maxBodySize: scope.number("client_max_body_size") ?? 1 << 20,
            bodyTimeout: scope.number("client_body_timeout") ?? 60_000,
            sendTimeout: scope.number("send_timeout") ?? 60_000,
            keepAliveTimeout: scope.number("keepalive_timeout") ?? 75_000,
            keepAliveHeader: scope.nearest("keepalive_timeout").flatMap { directive in
                guard directive.arguments.count > 1 else { return nil }
                return Units.duration(directive.arguments[1], wholeSeconds: true).map { $0 / 1000 }
            },
            keepAliveRequests: scope.number("keepalive_requests") ?? 1000,
            tcpNoDelay: scope.flag("tcp_nodelay") ?? true,
            defaultType: scope.text("default_type") ?? "text/plain",
            types: Self.types(scope),
            addedHeaders: headers,
            accessRules: scope.nearestAll("allow", "deny").compactMap { directive in
                NetworkRange(directive.text).map { AccessRule(allows: directive.name == "allow", network: $0) }
            },
            connectionLimits: try self.connectionLimits(scope),
            accessLogs: try self.accessLogs(scope),
            files: try self.files(scope, pattern: pattern),
            errorPages: try self.errorPages(scope),
            isInternal: scope.blocks.prefix(2).contains { $0.context == .location && $0.first("internal") != nil },
            serverTokens: scope.text("server_tokens") != "off",
            rewrite: []
        )
    }

    private static func types(_ scope: Scope) -> [String: String] {
        let blocks = scope.nearestAll("types").compactMap(\.block)
        guard !blocks.isEmpty else { return LocationSettings.standardTypes }
        var types: [String: String] = [:]
        for directive in blocks.flatMap(\.directives) {
            for ending in directive.arguments { types[ending.lowercased()] = directive.name }
        }
        return types
    }

    /// `set`, `if`, `return` and `break` of one block.
    ///
    /// - Parameter handler: of the location around; nil in a server, where `if` decides nothing but these.
    func rewrite(
        _ scope: Scope,
        store: StoreSettings,
        handler: LocationHandler?,
        pattern: LocationPattern? = nil
    ) throws(ConfigurationError) -> [RewriteStep] {
        var steps: [RewriteStep] = []
        for directive in scope.block.all("set", "if", "return", "break") {
            switch directive.name {
            case "set":
                let name = String(directive.text.dropFirst())
                steps.append(.assign(name: name, value: try self.complex(directive.arguments[1], directive)))
            case "return":
                let answer = try ReturnDirective(directive)
                var text: ComplexValue?
                if let source = answer.text { text = try self.complex(source, directive) }
                steps.append(.respond(status: answer.status, text: text))
            case "break":
                steps.append(.stop)
            default:
                steps.append(try self.branch(directive, scope, store: store, handler: handler, pattern: pattern))
            }
        }
        return steps
    }

    private func branch(
        _ directive: Directive,
        _ scope: Scope,
        store: StoreSettings,
        handler: LocationHandler?,
        pattern: LocationPattern?
    ) throws(ConfigurationError) -> RewriteStep {
        let condition = try ConditionDirective(directive).condition(declared: self.declared)
        let inner = Scope(directive.block ?? Block(context: .locationIf), in: scope)
        let steps = try self.rewrite(inner, store: store, handler: handler, pattern: pattern)
        guard let handler else { return .branch(condition, steps: steps, location: nil) }
        let replacement = try self.refine(handler, inner, store: store)
        let settings = try self.location(inner, store: store, handler: replacement, pattern: pattern)
        return .branch(condition, steps: steps, location: Location(settings))
    }
}

extension LocationSettings {
    /// What Nginx has where no `types` block stands.
    static let standardTypes = ["html": "text/html", "gif": "image/gif", "jpg": "image/jpeg"]

    /// The content type of a response that has none of its own: by the extension of the path, else `default_type`.
    ///
    /// - Parameter path: as `$uri`.
    public func contentType(ofPath path: String) -> String {
        let last = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path.utf8[$0...].dropFirst() } ?? path.utf8[...]
        guard let dot = last.lastIndex(of: UInt8(ascii: ".")) else { return self.defaultType }
        return self.types[String(Substring(last[dot...].dropFirst())).lowercased()] ?? self.defaultType
    }
}

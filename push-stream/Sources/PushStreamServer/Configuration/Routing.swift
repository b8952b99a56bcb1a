import NginxConf

/// One step of what `set`, `if` and `return` say, carried out in the order of the file.
public indirect enum RewriteStep: Sendable {
    /// `set $name value`
    case assign(name: String, value: ComplexValue)
    /// `return`
    case respond(status: Int, text: ComplexValue?)
    /// `break`: no step after it is carried out.
    case stop
    /// `if`: the steps inside; in a location, `location` replaces the one around it while the condition holds.
    case branch(Condition, steps: [RewriteStep], location: Location?)
}

/// Where a request goes.
public struct Route<Request: VariableSource> {
    /// What holds for the request, `if` included; its `handler` is what answers.
    public var location: Location
    public var settings: LocationSettings { location.settings }
    /// The request's variables with captures and `set`: what `ComplexValue.evaluate` takes.
    public var variables: VariableScope<Request>
}

extension ServerSettings {
    /// Chooses location and handler in Nginx's order: the server's own `set`/`if`/`return`, the location, that location's.
    ///
    /// - Parameter path: percent-decoded and normalised, as `$uri`.
    public func route<Request: VariableSource>(path: String, request: Request) -> Route<Request> {
        var variables = VariableScope(request: request)
        var location = self.fallback
        if case .finished = RewriteStep.run(self.rewrite, &location, &variables) {
            return Route(location: location, variables: variables)
        }
        location = self.fallback
        if let match = self.locations.match(path) {
            location = match.payload
            variables.adopt(match.captures)
        }
        if !location.settings.rewrite.isEmpty { _ = RewriteStep.run(location.settings.rewrite, &location, &variables) }
        return Route(location: location, variables: variables)
    }
}

extension RewriteStep {
    enum Outcome {
        case fellThrough
        case stopped
        /// `return` answers the request.
        case finished
    }

    static func run(
        _ steps: [RewriteStep],
        _ location: inout Location,
        _ variables: inout VariableScope<some VariableSource>
    ) -> Outcome {
        for step in steps {
            switch step {
            case .assign(let name, let value):
                variables.assign(value.evaluate(variables), to: name)
            case .respond(let status, let text):
                var settings = location.settings
                settings.handler = .respond(status: status, text: text)
                // Nginx answers `return` before it looks at `limit_conn`, `allow` and `deny`.
                settings.accessRules = []
                settings.connectionLimits = nil
                location = Location(settings)
                return .finished
            case .stop:
                return .stopped
            case .branch(let condition, let inner, let replacement):
                let (holds, captures) = condition.evaluate(variables)
                guard holds else { continue }
                variables.adopt(captures)
                if let replacement { location = replacement }
                let outcome = Self.run(inner, &location, &variables)
                if case .fellThrough = outcome { continue }
                return outcome
            }
        }
        return .fellThrough
    }
}

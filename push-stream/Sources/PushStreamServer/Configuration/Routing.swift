import NginxConf

/// One step of what `set`, `if` and `return` say, carried out in the order of the file.
public indirect enum RewriteStep: Sendable {
    /// `set $name value`
    case assign(name: String, value: ComplexValue)
    /// `return`
    case respond(status: Int, text: ComplexValue?)
    /// `break`: no step after it is carried out.
    case stop
    /// `if`: the steps inside; in a location, `settings` replace those of the location while the condition holds.
    case branch(Condition, steps: [RewriteStep], settings: LocationSettings?)
}

/// Where a request goes.
public struct Route<Request: VariableSource> {
    /// The settings that hold for the request, `if` included; `handler` is what answers it.
    public var settings: LocationSettings
    /// The request's variables with captures and `set`: what `ComplexValue.evaluate` takes.
    public var variables: VariableScope<Request>
}

extension ServerSettings {
    /// Chooses location and handler in Nginx's order: the server's own `set`/`if`/`return`, the location, that location's.
    ///
    /// - Parameter path: percent-decoded and normalised, as `$uri`.
    public func route<Request: VariableSource>(path: String, request: Request) -> Route<Request> {
        var variables = VariableScope(request: request)
        var settings = self.fallback
        if case .finished = RewriteStep.run(self.rewrite, &settings, &variables) {
            return Route(settings: settings, variables: variables)
        }
        settings = self.fallback
        if let match = self.locations.match(path) {
            settings = match.payload
            variables.adopt(match.captures)
        }
        _ = RewriteStep.run(settings.rewrite, &settings, &variables)
        return Route(settings: settings, variables: variables)
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
        _ settings: inout LocationSettings,
        _ variables: inout VariableScope<some VariableSource>
    ) -> Outcome {
        for step in steps {
            switch step {
            case .assign(let name, let value):
                variables.assign(value.evaluate(variables), to: name)
            case .respond(let status, let text):
                settings.handler = .respond(status: status, text: text)
                // Nginx answers `return` before it looks at `allow` and `deny`.
                settings.accessRules = []
                return .finished
            case .stop:
                return .stopped
            case .branch(let condition, let inner, let replacement):
                let (holds, captures) = condition.evaluate(variables)
                guard holds else { continue }
                variables.adopt(captures)
                if let replacement { settings = replacement }
                let outcome = Self.run(inner, &settings, &variables)
                if case .fellThrough = outcome { continue }
                return outcome
            }
        }
        return .fellThrough
    }
}

import NginxConf
import PushStreamCore

extension ConfigurationBuilder {
    /// `root` or `alias` and what belongs to them.
    ///
    /// - Parameter pattern: of the location; nil in a server.
    /// - Returns: nil where neither stands. Nginx has a folder of its own for that case; a push server that no file was asked of
    ///   shows none.
    func files(_ scope: Scope, pattern: LocationPattern?) throws(ConfigurationError) -> FileSettings? {
        let places = scope.nearestAll("root", "alias")
        if places.count > 1 {
            let (first, second) = (places[0], places[1])
            let complaint = first.name == second.name ? "" : ", \"\(first.name)\" directive was specified earlier"
            throw second.error("\"\(second.name)\" directive is duplicate\(complaint)")
        }
        guard let place = places.first else { return nil }
        let folder = try self.complex(self.absolute(place.text), place)
        var index: [ComplexValue] = []
        for directive in scope.nearestAll("index") {
            for name in directive.arguments { index.append(try self.complex(name, directive)) }
        }
        if index.isEmpty { index = [ComplexValue(constant: "index.html")] }
        return FileSettings(
            base: place.name == "root" ? .root(folder) : .alias(folder, of: Self.aliased(pattern)),
            index: index,
            tryFiles: try self.tryFiles(scope),
            modifiedSince: scope.text("if_modified_since").flatMap(ModifiedSinceRule.init) ?? .exact,
            hasTag: scope.flag("etag") ?? true,
            maxRanges: scope.number("max_ranges") ?? .max,
            logsNotFound: scope.flag("log_not_found") ?? true
        )
    }

    /// Behind an expression, `alias` stands for the whole path.
    private static func aliased(_ pattern: LocationPattern?) -> String? {
        switch pattern {
        case .exact(let path), .prefix(let path, _): path
        case .expression: nil
        case nil: ""
        }
    }

    private func tryFiles(_ scope: Scope) throws(ConfigurationError) -> TryFiles? {
        // Not inherited; an `if` keeps those of its location.
        let blocks = scope.block.context == .locationIf ? scope.blocks.prefix(2) : scope.blocks.prefix(1)
        guard let directive = blocks.lazy.compactMap({ $0.first("try_files") }).first else { return nil }
        var candidates: [TryFiles.Candidate] = []
        for argument in directive.arguments.dropLast() {
            // Only this slash asks for a folder, not one that a variable brings.
            let isFolder = argument.hasSuffix("/")
            let name = try self.complex(isFolder ? String(argument.dropLast()) : argument, directive)
            candidates.append(TryFiles.Candidate(name: name, isFolder: isFolder))
        }
        let last = directive.arguments.last ?? ""
        if last.hasPrefix("=") {
            return TryFiles(candidates: candidates, fallback: .status(Units.number(String(last.dropFirst())) ?? 404))
        }
        return TryFiles(candidates: candidates, fallback: .path(try self.complex(last, directive)))
    }

    func errorPages(_ scope: Scope) throws(ConfigurationError) -> [ErrorPageRule] {
        var rules: [ErrorPageRule] = []
        for directive in scope.nearestAll("error_page") {
            let page = try ErrorPageDirective(directive)
            let status: ErrorPageRule.Status =
                switch page.answer {
                case .kept: .kept
                case .fixed(let status): .fixed(status)
                case .answered: .answered
                }
            rules.append(ErrorPageRule(statuses: page.statuses, status: status, place: try self.complex(page.place, directive)))
        }
        return rules
    }
}

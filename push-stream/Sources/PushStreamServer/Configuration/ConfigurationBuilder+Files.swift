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
            base: place.name == "root" ? .root(folder) : .alias(folder, replaces: Self.replacedCount(pattern)),
            index: index,
            tryFiles: try self.tryFiles(scope),
            modifiedSince: scope.text("if_modified_since").flatMap(ModifiedSinceRule.init) ?? .exact,
            hasTag: scope.flag("etag") ?? true,
            maxRanges: scope.number("max_ranges") ?? .max,
            logsNotFound: scope.flag("log_not_found") ?? true
        )
    }

    /// Behind an expression, `alias` stands for the whole path.
    private static func replacedCount(_ pattern: LocationPattern?) -> Int {
        switch pattern {
        case .exact(let path), .prefix(let path, _): path.utf8.count
        case .expression: .max
        case nil: 0
        }
    }

    private func tryFiles(_ scope: Scope) throws(ConfigurationError) -> TryFiles? {
        // Not inherited; an `if` keeps those of its location.
        let blocks = scope.block.context == .locationIf ? scope.blocks.prefix(2) : scope.blocks.prefix(1)
        guard let directive = blocks.lazy.compactMap({ $0.first("try_files") }).first else { return nil }
        var paths: [ComplexValue] = []
        for argument in directive.arguments.dropLast() { paths.append(try self.complex(argument, directive)) }
        let last = directive.arguments.last ?? ""
        if last.hasPrefix("=") {
            return TryFiles(paths: paths, fallback: .status(Units.number(String(last.dropFirst())) ?? 404))
        }
        return TryFiles(paths: paths, fallback: .path(try self.complex(last, directive)))
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

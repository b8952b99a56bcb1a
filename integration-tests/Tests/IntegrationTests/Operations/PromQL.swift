/// What a PromQL query selects: as much of the language as names of metrics and labels need.
struct PromQL: Equatable {
    struct Matcher: Equatable {
        var label: String
        /// `=`, `!=`, `=~` or `!~`.
        var operation: String
        var value: String
    }

    struct Selector: Equatable {
        var metric: String
        var matchers: [Matcher] = []
    }

    struct Unreadable: Error, CustomStringConvertible {
        let description: String
    }

    private(set) var selectors: [Selector] = []
    /// Labels of `by`, `on` and so on.
    private(set) var groupings: [String] = []

    private static let aggregations: Set<String> = [
        "sum", "min", "max", "avg", "count", "group", "stddev", "stdvar", "topk", "bottomk", "quantile", "count_values",
    ]
    private static let groupingWords: Set<String> = ["by", "without", "on", "ignoring", "group_left", "group_right"]
    private static let operators: Set<String> = ["and", "or", "unless", "bool", "offset", "inf", "nan"]

    init(_ query: String) throws {
        var rest = Substring(query)
        while let first = rest.first {
            if first == "[" {
                // A range of time: no names inside.
                guard let end = rest.firstIndex(of: "]") else { throw Unreadable(description: "no ] in \(query)") }
                rest = rest[rest.index(after: end)...]
            } else if let word = rest.prefixMatch(of: /[a-zA-Z_:][a-zA-Z0-9_:]*/) {
                rest = rest[word.range.upperBound...]
                try self.read(String(word.output), &rest)
            } else if let number = rest.prefixMatch(of: /[0-9][0-9a-zA-Z.]*/) {
                rest = rest[number.range.upperBound...]
            } else if first == "{" || first == "\"" {
                throw Unreadable(description: "a selector without a name in \(query)")
            } else {
                rest = rest.dropFirst()
            }
        }
        if self.selectors.isEmpty { throw Unreadable(description: "no metric in \(query)") }
    }

    private mutating func read(_ word: String, _ rest: inout Substring) throws {
        let isCall = rest.prefixMatch(of: /\s*\(/) != nil
        if Self.groupingWords.contains(word.lowercased()) {
            guard let list = rest.prefixMatch(of: /\s*\(([a-zA-Z0-9_,\s]*)\)/) else { return }
            self.groupings += list.output.1.split { ", \n".contains($0) }.map(String.init)
            rest = rest[list.range.upperBound...]
        } else if isCall || Self.aggregations.contains(word) || Self.operators.contains(word.lowercased()) {
            return
        } else {
            var selector = Selector(metric: word)
            if rest.first == "{" {
                guard let braces = rest.prefixMatch(of: /\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\}/) else {
                    throw Unreadable(description: "no } after \(word)")
                }
                for match in braces.output.matches(of: /([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"/) {
                    selector.matchers.append(
                        Matcher(
                            label: String(match.output.1), operation: String(match.output.2), value: String(match.output.3)))
                }
                rest = rest[braces.range.upperBound...]
            }
            self.selectors.append(selector)
        }
    }
}

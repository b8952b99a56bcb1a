/// Series of `/metrics` in the Prometheus text format.
struct Exposition {
    /// The label sets of each name.
    private(set) var series: [String: [[String: String]]] = [:]
    /// Lines that are not of the format.
    private(set) var malformed: [String] = []

    init(_ texts: [String]) {
        for line in texts.flatMap({ $0.split(separator: "\n") }) where !line.hasPrefix("#") {
            guard let match = line.wholeMatch(of: /([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})? (\S+)/),
                Double(match.output.3.replacing("Inf", with: "inf")) != nil
            else {
                self.malformed.append(String(line))
                continue
            }
            var labels: [String: String] = [:]
            for label in (match.output.2 ?? "").matches(of: /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/) {
                labels[String(label.output.1)] = String(label.output.2)
            }
            self.series[String(match.output.1), default: []].append(labels)
        }
    }

    /// Labels that Prometheus itself gives to every series, or to what it calculates.
    private static let ofPrometheus: Set<String> = ["job", "instance", "alertname"]

    /// What a query asks for and no series has.
    func missing(_ query: PromQL) -> [String] {
        var missing: [String] = []
        for selector in query.selectors where selector.metric != "up" {
            guard let all = self.series[selector.metric] else {
                missing.append("no metric \(selector.metric)")
                continue
            }
            for matcher in selector.matchers where !Self.ofPrometheus.contains(matcher.label) {
                let values = Set(all.compactMap { $0[matcher.label] })
                if values.isEmpty { missing.append("no label \(matcher.label) of \(selector.metric)") }
                // Other values, such as a status that has not been answered yet, come with time.
                if matcher.operation == "=", !values.contains(matcher.value) {
                    missing.append("no \(matcher.label)=\"\(matcher.value)\" of \(selector.metric)")
                }
            }
        }
        missing += query.groupings.filter { !self.hasLabel($0, in: query) }.map { "no label \($0) to group by" }
        return missing
    }

    /// Whether each metric of the query has the label, or Prometheus gives it.
    func hasLabel(_ label: String, in query: PromQL) -> Bool {
        Self.ofPrometheus.contains(label)
            || query.selectors.allSatisfy { selector in
                self.series[selector.metric].map { $0.contains { $0[label] != nil } } ?? false
            }
    }
}

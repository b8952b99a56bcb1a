import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// The dashboard and the alert rules name what the programs tell.
    @Suite struct Operations {
        /// A Push Service of which every part has had something to count.
        private static func withBusyDeployment(
            _ kind: DeploymentKind, _ body: (Deployment) async throws -> Void
        ) async throws {
            var options = DeploymentOptions()
            for prefix in ["PUSHAPI", "PUSHSERVICE"] { options.environment["\(prefix)_WORKERS__METRICS__INTERVAL"] = "100ms" }
            options.environment["PUSHSERVICE_WORKERS__STATS__INTERVAL"] = "200ms"
            try await withDeployment(kind, options: options) { deployment in
                let channel = uniqueChannel("watched")
                let subscriber = try await deployment.eventSource(channel)
                try await deployment.publisher().publish("one", to: [channel])
                _ = try await subscriber.next()
                // The agent's position and report are in Redis, and push-api has looked.
                try await eventually(within: .seconds(120), "the agent's lag") {
                    let exposition = Exposition(try await deployment.metrics())
                    return exposition.series["push_api_agent_lag_messages"] != nil
                }
                try await body(deployment)
                subscriber.close()
            }
        }

        @Test(arguments: DeploymentKind.allCases)
        func `every metric and label that is named is told`(kind: DeploymentKind) async throws {
            try await Self.withBusyDeployment(kind) { deployment in
                let queries = try AlertRules.load().rules.map(\.expr) + Dashboard.load().targets.map(\.target.expr)
                // Some are counted only a moment later than the lag. What never comes is named below.
                try? await eventually("all are told") {
                    let exposition = Exposition(try await deployment.metrics())
                    return try queries.allSatisfy { try exposition.missing(PromQL($0)).isEmpty }
                }
                let exposition = Exposition(try await deployment.metrics())
                #expect(exposition.malformed.isEmpty)
                for rule in try AlertRules.load().rules {
                    let query = try PromQL(rule.expr)
                    let missing = exposition.missing(query)
                    #expect(missing.isEmpty, "\(rule.alert)")
                    for label in rule.annotations.values.flatMap(AlertRules.labels) {
                        let isThere = exposition.hasLabel(label, in: query)
                        #expect(isThere, "\(rule.alert) shows \(label)")
                    }
                }
                for (panel, target) in try Dashboard.load().targets {
                    let query = try PromQL(target.expr)
                    let missing = exposition.missing(query)
                    #expect(missing.isEmpty, "\(panel): \(target.expr)")
                    for label in target.legendLabels {
                        let isThere = exposition.hasLabel(label, in: query)
                        #expect(isThere, "\(panel): legend \(target.legendFormat)")
                    }
                }
            }
        }

        @Test(arguments: DeploymentKind.allCases)
        func `each series is told once and described`(kind: DeploymentKind) async throws {
            try await Self.withBusyDeployment(kind) { deployment in
                for text in try await deployment.metrics() {
                    let lines = text.split(separator: "\n")
                    let series = lines.filter { !$0.hasPrefix("#") }.map { $0.prefix { $0 != " " } }
                    #expect(Set(series).count == series.count)
                    let types = lines.filter { $0.hasPrefix("# TYPE ") }.map { $0.split(separator: " ")[2] }
                    #expect(Set(types).count == types.count)
                    #expect(lines.filter { $0.hasPrefix("# HELP ") }.count == types.count)
                }
            }
        }

        @Test(arguments: [("prometheus-alerts", "alerts", 20), ("pushaas-alerts", "pushaas-alerts", 8)])
        func `each alert has a severity, words, and its advice`(file: String, advice: String, atLeast: Int) throws {
            let rules = try AlertRules.load("\(file).yml").rules
            #expect(rules.count > atLeast)
            #expect(Set(rules.map(\.alert)).count == rules.count)
            var sections: [String: String] = [:]
            for section in try Repository.text(of: "docs/operations/\(advice).md").components(separatedBy: "\n## ").dropFirst() {
                let lines = section.split(separator: "\n", maxSplits: 1).map(String.init)
                sections[lines[0]] = lines.last
            }
            for rule in rules {
                #expect(["critical", "warning"].contains(rule.labels["severity"]), "\(rule.alert)")
                #expect(rule.annotations.keys.sorted() == ["action", "summary"], "\(rule.alert)")
                #expect(rule.annotations.values.allSatisfy { $0.count > 10 }, "\(rule.alert)")
                #expect(sections[rule.alert].map { $0.count > 80 } == true, "\(rule.alert) has no section in alerts.md")
            }
            #expect(Set(sections.keys) == Set(rules.map(\.alert)))
        }

        @Test(arguments: [("grafana-dashboard.json", "push-service"), ("pushaas-dashboard.json", "pushaas")])
        func `the dashboard's panels have titles and do not overlap`(file: String, identifier: String) throws {
            let dashboard = try Dashboard.load(file)
            #expect(dashboard.uid == identifier)
            #expect(Set(dashboard.panels.map(\.id)).count == dashboard.panels.count)
            var taken: Set<[Int]> = []
            for panel in dashboard.panels {
                #expect(!panel.title.isEmpty)
                #expect(panel.type == "row" || panel.targets?.isEmpty == false, "\(panel.title)")
                let place = panel.gridPos
                #expect(place.x >= 0 && place.x + place.w <= 24 && place.h > 0, "\(panel.title)")
                for x in place.x..<(place.x + place.w) {
                    for y in place.y..<(place.y + place.h) { #expect(taken.insert([x, y]).inserted, "\(panel.title)") }
                }
            }
        }
    }
}

/// The reader of queries itself.
@Suite struct PromQLTests {
    @Test func readsNamesMatchersAndGroupings() throws {
        let query = try PromQL(
            """
            histogram_quantile(0.99, sum by (le, route) (rate(a_bucket{x="1}",y=~"5.."}[5m])))
              / on (job) group_left max(b) > 1e6 and time() - c offset 5m < inf
            """)
        #expect(
            query.selectors == [
                .init(
                    metric: "a_bucket",
                    matchers: [
                        .init(label: "x", operation: "=", value: "1}"), .init(label: "y", operation: "=~", value: "5.."),
                    ]),
                .init(metric: "b"), .init(metric: "c"),
            ])
        #expect(query.groupings == ["le", "route", "job"])
    }

    @Test(arguments: ["", "1 + 1", "{a=\"b\"}", "a{b=\"c\"", "rate(a[5m)"])
    func refusesWhatItCannotRead(text: String) {
        #expect(throws: PromQL.Unreadable.self) { try PromQL(text) }
    }

    @Test func tellsWhatIsMissing() throws {
        let exposition = Exposition([#"a{x="1"} 5"#, "# HELP b words\nb 1e-3\nc{le=\"+Inf\"} NaN\nbroken"])
        #expect(exposition.malformed == ["broken"])
        #expect(exposition.missing(try PromQL(#"sum by (x, job) (a{x="1"})"#)).isEmpty)
        #expect(exposition.missing(try PromQL(#"c{le!="5"} > b"#)).isEmpty)
        #expect(exposition.missing(try PromQL("d")) == ["no metric d"])
        #expect(exposition.missing(try PromQL(#"a{x="2"}"#)) == [#"no x="2" of a"#])
        #expect(exposition.missing(try PromQL(#"a{y=~"2"}"#)) == ["no label y of a"])
        #expect(exposition.missing(try PromQL("sum by (x) (b)")) == ["no label x to group by"])
    }
}

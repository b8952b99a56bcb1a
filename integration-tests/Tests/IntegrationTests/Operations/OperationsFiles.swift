import Foundation
import IntegrationSupport
import Yams

/// Alert rules of docs/operations.
struct AlertRules: Decodable {
    struct Group: Decodable {
        var name: String
        var rules: [Rule]
    }

    struct Rule: Decodable {
        var alert: String
        var expr: String
        var labels: [String: String]
        var annotations: [String: String]
    }

    var groups: [Group]

    var rules: [Rule] { self.groups.flatMap(\.rules) }

    static func load(_ file: String = "prometheus-alerts.yml") throws -> AlertRules {
        try YAMLDecoder().decode(AlertRules.self, from: Repository.text(of: "docs/operations/\(file)"))
    }

    /// The labels that a text with `{{ $labels.name }}` shows.
    static func labels(shownBy text: String) -> [String] {
        text.matches(of: /\$labels\.([a-zA-Z_][a-zA-Z0-9_]*)/).map { String($0.output.1) }
    }
}

/// A dashboard of docs/operations.
struct Dashboard: Decodable {
    struct Panel: Decodable {
        struct Place: Decodable {
            var x: Int
            var y: Int
            var w: Int
            var h: Int
        }

        struct Target: Decodable {
            var expr: String
            var legendFormat: String

            /// The labels of `{{name}}`.
            var legendLabels: [String] {
                self.legendFormat.matches(of: /\{\{\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*\}\}/).map { String($0.output.1) }
            }
        }

        var id: Int
        var type: String
        var title: String
        var gridPos: Place
        var targets: [Target]?
    }

    var title: String
    var uid: String
    var panels: [Panel]

    var targets: [(panel: String, target: Panel.Target)] {
        self.panels.flatMap { panel in (panel.targets ?? []).map { (panel.title, $0) } }
    }

    static func load(_ file: String = "grafana-dashboard.json") throws -> Dashboard {
        try JSONDecoder().decode(Dashboard.self, from: Data(Repository.text(of: "docs/operations/\(file)").utf8))
    }
}

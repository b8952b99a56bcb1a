import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// The dashboard and the alert rules of pushaas name what pushaas tells.
    @Suite struct PushaasOperations {
        @Test func `every metric and label of pushaas that is named is told`() async throws {
            let rules = try AlertRules.load("pushaas-alerts.yml").rules
            let targets = try Dashboard.load("pushaas-dashboard.json").targets
            try await RunningPushaas.run(environment: ["PUSHAAS_WORKERS__RECONCILER__INTERVAL": "1s"]) { pushaas in
                // A creation is a job with steps.
                #expect(try await pushaas.send("POST", "/resources", form: [("name", "watched")]).status == 201)
                try await pushaas.awaitUp("watched")
                let queries = rules.map(\.expr) + targets.map(\.target.expr)
                // Some are counted a moment later. What never comes is named below.
                try? await eventually(every: .milliseconds(200), "all are told") {
                    let exposition = Exposition([try await Self.metrics(of: pushaas)])
                    return try queries.allSatisfy { try exposition.missing(PromQL($0)).isEmpty }
                }
                let exposition = Exposition([try await Self.metrics(of: pushaas)])
                #expect(exposition.malformed.isEmpty)
                for rule in rules {
                    let query = try PromQL(rule.expr)
                    let missing = exposition.missing(query)
                    #expect(missing.isEmpty, "\(rule.alert)")
                    for label in rule.annotations.values.flatMap(AlertRules.labels) {
                        #expect(exposition.hasLabel(label, in: query), "\(rule.alert) shows \(label)")
                    }
                }
                for (panel, target) in targets {
                    let query = try PromQL(target.expr)
                    let missing = exposition.missing(query)
                    #expect(missing.isEmpty, "\(panel): \(target.expr)")
                    for label in target.legendLabels {
                        #expect(exposition.hasLabel(label, in: query), "\(panel): legend \(target.legendFormat)")
                    }
                }
            }
        }

        private static func metrics(of pushaas: RunningPushaas) async throws -> String {
            let connection = try await HTTPConnection(to: pushaas.endpoint)
            defer { connection.close() }
            return try await connection.response(to: HTTPRequest("GET", "/metrics")).text
        }
    }
}

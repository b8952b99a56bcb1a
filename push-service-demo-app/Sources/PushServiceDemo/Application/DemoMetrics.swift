import Metrics
import PushRuntime

/// What the app counts beside its requests.
struct DemoMetrics: Sendable {
    let published: Counter
    let failures: Counter
    let refused: Counter
    private let changes: [ArticleChange.Kind: Counter]

    init(registry: PrometheusRegistry) {
        registry.describe("push_demo_changes_total", help: "Changes of articles by kind.")
        registry.describe("push_demo_published_total", help: "Changes that push-api has taken.")
        registry.describe("push_demo_publish_failures_total", help: "Tries to publish a change that failed and are repeated.")
        registry.describe("push_demo_refused_total", help: "Changes that push-api does not take, and that were given up.")
        self.published = Counter(label: "push_demo_published_total", factory: registry)
        self.failures = Counter(label: "push_demo_publish_failures_total", factory: registry)
        self.refused = Counter(label: "push_demo_refused_total", factory: registry)
        self.changes = Dictionary(
            uniqueKeysWithValues: ArticleChange.Kind.allCases.map { kind in
                (kind, Counter(label: "push_demo_changes_total", dimensions: [("kind", kind.rawValue)], factory: registry))
            })
    }

    func changed(_ kind: ArticleChange.Kind) { self.changes[kind]?.increment() }
}

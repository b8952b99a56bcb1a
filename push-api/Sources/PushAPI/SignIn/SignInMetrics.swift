import Metrics
import PushRuntime

/// What is counted of sign-ins that do not succeed.
struct SignInMetrics: Sendable {
    let failures: Counter
    let slowed: Counter

    init(registry: PrometheusRegistry) {
        registry.describe("push_api_sign_in_failures_total", help: "Requests with wrong credentials.")
        registry.describe(
            "push_api_sign_ins_slowed_total", help: "Requests whose credentials were not looked at after too many failures.")
        self.failures = Counter(label: "push_api_sign_in_failures_total", factory: registry)
        self.slowed = Counter(label: "push_api_sign_ins_slowed_total", factory: registry)
    }
}

import Foundation
import IntegrationSupport
import Testing

extension EndToEnd {
    @Suite struct Latency {
        /// Reports figures and asserts none: they depend on the machine.
        @Test(arguments: DeploymentKind.allCases)
        func `delay from publish to receipt`(kind: DeploymentKind) async throws {
            try await withDeployment(kind) { deployment in
                let channel = uniqueChannel("delay")
                let subscriber = try await deployment.eventSource(channel)
                let publisher = deployment.publisher()
                // The first messages open connections and warm caches.
                for _ in 0..<100 {
                    try await publisher.publish("warm", to: channel)
                    _ = try await subscriber.next()
                }
                let count = 2000
                var delays: [Double] = []
                for number in 0..<count {
                    let start = ContinuousClock.now
                    async let receipt = Self.receipt(by: subscriber)
                    try await publisher.publish("\(number)", to: channel)
                    let (message, received) = try await receipt
                    #expect(message.content == "\(number)")
                    delays.append(start.duration(to: received) / .milliseconds(1))
                }
                delays.sort()
                func percentile(_ share: Double) -> String {
                    String(format: "%.2f", delays[min(count - 1, Int(Double(count) * share))])
                }
                print(
                    "measured: publish to EventSource receipt over \(count) messages:",
                    "p50 \(percentile(0.5)) ms, p99 \(percentile(0.99)) ms (\(kind))")
            }
        }

        private static func receipt(by subscriber: EventSourceClient) async throws -> (PushMessage, ContinuousClock.Instant) {
            let message = try await subscriber.next()
            return (message, .now)
        }
    }
}

import Testing

@testable import PushRedis

@Suite struct BackoffTests {
    @Test func doublesUpToTheMaximumWithJitter() {
        var backoff = Backoff(minimum: .milliseconds(50), maximum: .seconds(5))
        var full = Duration.milliseconds(50)
        var pauses: Set<Duration> = []
        for _ in 0..<100 {
            let pause = backoff.next()
            #expect(pause >= full * 0.5 && pause <= full)
            pauses.insert(pause)
            full = min(full * 2, .seconds(5))
        }
        #expect(pauses.count > 50)
        backoff.reset()
        let first = backoff.next()
        #expect(first <= .milliseconds(50))
    }

    @Test func nonsenseIsMadeUsable() {
        var backoff = Backoff(minimum: .zero, maximum: .zero)
        for _ in 0..<100 {
            let pause = backoff.next()
            #expect(pause > .zero)
        }
    }
}

import Testing

@testable import PushRuntime

@Suite struct SignInThrottleTests {
    private let start = ContinuousClock.now
    private let address = IPAddress("192.0.2.1")
    private let throttle = SignInThrottle()

    private func fail(_ times: Int, at offset: Duration = .zero) {
        for _ in 0..<times { throttle.failed(from: address, now: start + offset) }
    }

    private func delay(_ credentials: String = "wrong", at offset: Duration = .zero, from other: IPAddress? = nil) -> Duration? {
        throttle.delay(from: other ?? address, credentials: credentials, now: start + offset)
    }

    @Test func fiveFailuresWithinAMinuteAreFree() {
        fail(4)
        #expect(delay() == nil)
        fail(1, at: .seconds(59))
        #expect(delay(at: .seconds(59)) == .seconds(1))
        #expect(delay(at: .milliseconds(59_400)) == .milliseconds(600))
        #expect(delay(at: .seconds(60)) == nil)
    }

    @Test func slowFailuresAreNotCountedTogether() {
        for index in 0..<20 {
            fail(1, at: .seconds(15 * index))
            #expect(delay(at: .seconds(15 * index)) == nil)
        }
    }

    @Test func theWaitDoublesUpToAMinute() {
        fail(5)
        var now = Duration.seconds(1)
        for expected in [2, 4, 8, 16, 32, 60, 60, 60] {
            #expect(delay(at: now) == nil)
            fail(1, at: now)
            #expect(delay(at: now) == .seconds(expected))
            now += .seconds(expected)
        }
    }

    @Test func failuresThatWereUnderWayDoNotLengthenTheWait() {
        fail(50)
        #expect(delay() == .seconds(1))
    }

    @Test func tenQuietMinutesForget() {
        fail(5)
        fail(1, at: .seconds(1))
        #expect(delay(at: .seconds(1)) == .seconds(2))
        fail(4, at: .seconds(601))
        #expect(delay(at: .seconds(601)) == nil)
        // A slowed attempt is not quiet.
        fail(1, at: .seconds(601))
        #expect(delay(at: .milliseconds(601_500)) != nil)
        fail(1, at: .milliseconds(1_201_400))
        #expect(delay(at: .milliseconds(1_201_400)) == .seconds(2))
    }

    @Test func credentialsThatWereRightFromThereAreNotSlowed() {
        throttle.succeeded(from: address, credentials: "right", now: start)
        fail(5)
        #expect(delay("right") == nil)
        #expect(delay("wrong") != nil)
        // From elsewhere they are looked at like any other.
        let other = IPAddress("192.0.2.2")
        for _ in 0..<5 { throttle.failed(from: other, now: start) }
        #expect(delay("right", from: other) != nil)
    }

    @Test func thatLastsForAnHour() {
        throttle.succeeded(from: address, credentials: "right", now: start)
        fail(5, at: .seconds(3598))
        #expect(delay("right", at: .seconds(3598)) == nil)
        fail(1, at: .seconds(3599))
        #expect(delay("right", at: .seconds(3600)) == .seconds(1))
        // Each sign-in renews it, to the minute.
        throttle.succeeded(from: address, credentials: "right", now: start + .seconds(3601))
        throttle.succeeded(from: address, credentials: "right", now: start + .seconds(3700))
        fail(5, at: .seconds(7299))
        #expect(delay("right", at: .seconds(7299)) == nil)
        #expect(delay("wrong", at: .seconds(7299)) != nil)
    }

    @Test func clientsWithoutAddressCountAsOne() {
        for _ in 0..<5 { throttle.failed(from: nil, now: start) }
        #expect(throttle.delay(from: nil, credentials: "x", now: start) == .seconds(1))
        #expect(delay() == nil)
    }

    @Test func theTablesAreBounded() {
        var table = BoundedTable<Int, Int>(capacity: 100, lifetime: .seconds(60))
        for index in 0..<1000 {
            table.write(index, index, now: start + .milliseconds(index))
            #expect(table.count <= 100)
        }
        // The newest stay.
        let end = start + .seconds(1)
        #expect(table.entry(999, now: end)?.value == 999)
        #expect((960..<1000).allSatisfy { table.entry($0, now: end) != nil })
        #expect(table.entry(0, now: end) == nil)
        #expect(table.entry(999, now: start + .seconds(61)) == nil)
        // What has ended makes room before anything else goes.
        for index in 2000..<2060 { table.write(index, index, now: start + .seconds(62)) }
        for index in 3000..<3040 { table.write(index, index, now: start + .seconds(62)) }
        #expect((2000..<2060).allSatisfy { table.entry($0, now: start + .seconds(62)) != nil })
    }

    @Test func aFloodOfAddressesKeepsTheNewestFailures() {
        let throttle = SignInThrottle(state: .init(capacity: 10))
        for _ in 0..<5 { throttle.failed(from: address, now: start) }
        for index in 0..<100 { throttle.failed(from: IPAddress("198.51.100.\(index)"), now: start - .seconds(1)) }
        #expect(throttle.delay(from: address, credentials: "x", now: start) == .seconds(1))
    }
}

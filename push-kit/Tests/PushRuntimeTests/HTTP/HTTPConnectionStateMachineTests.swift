import NIOHTTP1
import Testing

@testable import PushRuntime

@Suite struct HTTPConnectionStateMachineTests {
    private typealias Machine = HTTPConnectionStateMachine

    private func served(_ machine: inout Machine, keepAlive: Bool = true) -> Machine.Action {
        #expect(machine.requestHead(version: .http1_1, keepAlive: keepAlive) == .forward)
        #expect(machine.requestEnd() == .forward)
        _ = machine.responseHead()
        return machine.responseEnd()
    }

    @Test func deadlinesFollowTheExchange() {
        var machine = Machine()
        #expect(machine.deadline == .firstHead)
        _ = machine.requestHead(version: .http1_1, keepAlive: true)
        #expect(machine.deadline == .body(1))
        _ = machine.requestEnd()
        #expect(machine.deadline == .none)
        _ = machine.responseHead()
        #expect(machine.responseEnd() == .none)
        #expect(machine.deadline == .idle)
        _ = machine.requestHead(version: .http1_1, keepAlive: true)
        #expect(machine.deadline == .body(2))
    }

    @Test func onlyAnIdleConnectionIsIdle() {
        var machine = Machine()
        #expect(machine.isIdle && machine.isBetweenRequests)
        _ = machine.requestHead(version: .http1_1, keepAlive: true)
        #expect(!machine.isIdle && !machine.isBetweenRequests)
        _ = machine.requestEnd()
        #expect(!machine.isIdle && machine.isBetweenRequests && machine.deadline == .none)
        _ = machine.responseHead()
        _ = machine.responseEnd()
        #expect(machine.isIdle)
        _ = machine.requestHead(version: .http1_1, keepAlive: true, mayLeaveHTTP: true)
        _ = machine.requestEnd()
        _ = machine.responseHead()
        _ = machine.responseEnd()
        #expect(!machine.isIdle && !machine.isBetweenRequests)
    }

    @Test func aRequestThatIsWithdrawnWasNone() {
        var machine = Machine()
        _ = machine.requestHead(version: .http1_1, keepAlive: true)
        _ = machine.requestEnd()
        machine.withdrawRequest()
        #expect(machine.isIdle && machine.requestCount == 0 && machine.deadline == .firstHead)
    }

    @Test(arguments: [(HTTPVersion.http1_0, false), (.http1_1, true)]) func closesWhenTheClientAsks(
        _ version: HTTPVersion, _: Bool
    ) {
        var machine = Machine()
        _ = machine.requestHead(version: version, keepAlive: false)
        _ = machine.requestEnd()
        #expect(machine.responseHead() == .init(version: version, closes: true))
        #expect(machine.responseEnd() == .linger)
        #expect(machine.deadline == .linger)
        #expect(machine.inputClosed() == .close)
    }

    @Test func requestsBehindTheLastAreVoid() {
        var machine = Machine()
        _ = machine.requestHead(version: .http1_1, keepAlive: false)
        _ = machine.requestEnd()
        #expect(machine.requestHead(version: .http1_1, keepAlive: true) == .none)
        #expect(machine.requestBody() == .none)
        #expect(machine.requestEnd() == .none)
    }

    @Test func errorsWithoutARequestAreAnsweredHere() {
        var machine = Machine()
        #expect(machine.parseError(.headerOverflow) == .respond(.headerOverflow))
        #expect(machine.parseError(.unknown) == .none)
        #expect(machine.requestHead(version: .http1_1, keepAlive: true) == .none)
        #expect(machine.deadline == .linger)
        #expect(machine.deadlineReached(.linger) == .close)
    }

    @Test func errorsWaitForEarlierResponses() {
        var machine = Machine()
        for _ in 0..<2 {
            _ = machine.requestHead(version: .http1_1, keepAlive: true)
            _ = machine.requestEnd()
        }
        #expect(machine.parseError(.invalidMethod) == .none)
        _ = machine.responseHead()
        #expect(machine.responseEnd() == .none)
        _ = machine.responseHead()
        #expect(machine.responseEnd() == .respond(.invalidMethod))
    }

    @Test func errorsInABodyGoToTheHandler() {
        var machine = Machine()
        _ = machine.requestHead(version: .http1_1, keepAlive: true)
        #expect(machine.requestBody() == .forward)
        #expect(machine.parseError(.invalidChunkSize) == .forward)
        #expect(machine.responseHead().closes)
        #expect(machine.responseEnd() == .linger)
    }

    @Test func lateBodiesFail() {
        var machine = Machine()
        _ = machine.requestHead(version: .http1_1, keepAlive: true)
        #expect(machine.deadlineReached(.body(1)) == .failBody)
        #expect(machine.responseHead().closes)
        #expect(machine.responseEnd() == .linger)

        var answered = Machine()
        _ = answered.requestHead(version: .http1_1, keepAlive: true)
        _ = answered.responseHead()
        #expect(answered.responseEnd() == .none)
        #expect(answered.deadline == .body(1))
        #expect(answered.deadlineReached(.body(1)) == .close)
    }

    @Test func idleConnectionsClose() {
        var machine = Machine()
        #expect(machine.deadlineReached(.firstHead) == .close)
        var used = Machine()
        #expect(served(&used) == .none)
        #expect(used.deadlineReached(.firstHead) == .none)
        #expect(used.deadlineReached(.idle) == .close)
        #expect(used.deadline == .none)
    }

    @Test func halfClosedClientsStillGetTheirAnswer() {
        var machine = Machine()
        _ = machine.requestHead(version: .http1_1, keepAlive: true)
        _ = machine.requestEnd()
        #expect(machine.inputClosed() == .none)
        #expect(machine.responseHead().closes)
        #expect(machine.responseEnd() == .linger)
        var idle = Machine()
        #expect(idle.inputClosed() == .close)
    }
}

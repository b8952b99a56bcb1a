import NIOCore
import Testing

@testable import PushRedis

/// The client's rules without sockets and clocks: waiters are numbers, a connection is a string.
@Suite struct ClientStateMachineTests {
    private typealias Machine = RedisClient.StateMachine<Int, String>
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private func makeMachine(commands: Int = 100, bytes: Int = 1000) -> Machine {
        var machine = Machine(maximumCommands: commands, maximumBytes: bytes, stallTimeout: .seconds(5))
        let isFirstRun = machine.start()
        #expect(isFirstRun)
        return machine
    }

    private func connect(_ machine: inout Machine, _ link: String, id: Int) {
        let isWanted = machine.connected(link, id: id, now: start)
        #expect(isWanted)
    }

    private func tick(_ machine: inout Machine, after: TimeAmount) -> Machine.TickAction { machine.tick(now: start + after) }

    @discardableResult
    private func send(
        _ machine: inout Machine, _ waiter: Int, _ text: String = "x", count: Int = 1, timeout: TimeAmount = .seconds(5),
        after: TimeAmount = .zero
    ) throws -> (id: UInt64, drain: String?, arm: NIODeadline?) {
        let action = machine.send(
            ByteBuffer(string: text), commandCount: count, timeout: timeout, now: start + after, waiter: waiter)
        switch action {
        case .accept(let id, let drain, let arm): return (id, drain, arm)
        case .reject(let error): throw error
        }
    }

    private func take(_ machine: inout Machine, _ id: Int = 1, limit: Int = 1000) -> [String] {
        machine.take(connection: id, byteLimit: limit, now: start).map { String(buffer: $0) }
    }

    private func expectTaken(
        _ machine: inout Machine, _ expected: [String], from id: Int = 1, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let taken = take(&machine, id)
        #expect(taken == expected, sourceLocation: sourceLocation)
    }

    private func answers(_ action: Machine.ReceiveAction) throws -> [(Int, [RedisValue])] {
        guard case .complete(let completions, _, _) = action else {
            throw RedisError(code: .protocolViolation, message: "violation")
        }
        return try completions.map { ($0.waiter, try $0.result.get()) }
    }

    @Test func manySendsCauseOneDrain() throws {
        var machine = makeMachine()
        connect(&machine, "link", id: 1)
        expectTaken(&machine, [])
        #expect(try send(&machine, 1).drain == "link")
        for waiter in 2...50 { #expect(try send(&machine, waiter).drain == nil) }
        #expect(take(&machine).count == 50)
        #expect(try send(&machine, 51).drain == "link")
    }

    @Test func answersGoToTheirCallersInOrder() throws {
        var machine = makeMachine()
        try send(&machine, 1, "a")
        try send(&machine, 2, "b", count: 3)
        try send(&machine, 3, "c")
        connect(&machine, "link", id: 1)
        expectTaken(&machine, ["a", "b", "c"])
        let first = try answers(machine.received([.integer(1), .integer(2), .integer(3)], connection: 1, now: start))
        #expect(first.map(\.0) == [1])
        let second = try answers(machine.received([.integer(4), .integer(5)], connection: 1, now: start))
        #expect(second.map(\.0) == [2, 3])
        #expect(second.map(\.1) == [[.integer(2), .integer(3), .integer(4)], [.integer(5)]])
        // Who got an answer before the one too many must not wait for ever.
        try send(&machine, 4)
        expectTaken(&machine, ["x"])
        guard case .violation(let last, _) = machine.received([.null, .null], connection: 1, now: start) else {
            Issue.record("an answer too many was accepted")
            return
        }
        #expect(last.map(\.waiter) == [4])
    }

    @Test func takesInBatches() throws {
        var machine = makeMachine()
        for waiter in 1...5 { try send(&machine, waiter, "aaaa") }
        connect(&machine, "link", id: 1)
        #expect(take(&machine, limit: 6).count == 2)
        #expect(take(&machine, limit: 6).count == 2)
        #expect(take(&machine, limit: 6).count == 1)
        #expect(take(&machine, limit: 6).isEmpty)
    }

    @Test func aLostConnectionFailsOnlyWhatWasWritten() throws {
        var machine = makeMachine()
        try send(&machine, 1, "written")
        connect(&machine, "first", id: 1)
        expectTaken(&machine, ["written"])
        try send(&machine, 2, "waiting")
        let action = machine.disconnected(1, reason: RedisError(code: .connection, message: "reset"))
        #expect(action.completions.map(\.waiter) == [1])
        let error = #expect(throws: RedisError.self) { try action.completions[0].result.get() }
        #expect(error?.code == .connection)
        #expect(error?.mayHaveExecuted == true)
        connect(&machine, "second", id: 2)
        expectTaken(&machine, [], from: 1)
        expectTaken(&machine, ["waiting"], from: 2)
        // What the old connection still has to say is of no interest.
        let stale = machine.received([.null], connection: 1, now: start)
        #expect(try answers(stale).isEmpty)
        let again = machine.disconnected(1, reason: RedisError(code: .connection, message: "again"))
        #expect(again.completions.isEmpty)
        let fresh = machine.received([.integer(9)], connection: 2, now: start)
        #expect(try answers(fresh).map(\.0) == [2])
    }

    @Test func whatAClosedClientHadWrittenFailsAsClosedWhoeverTellsItFirst() throws {
        var machine = makeMachine()
        try send(&machine, 1, "written")
        connect(&machine, "only", id: 1)
        expectTaken(&machine, ["written"])
        let action = machine.disconnected(1, reason: RedisError(code: .closed, message: "the client was closed"))
        let error = #expect(throws: RedisError.self) { try action.completions[0].result.get() }
        #expect(error?.code == .closed)
        #expect(error?.mayHaveExecuted == true)
    }

    @Test func cancellationKeepsTheOrder() throws {
        var machine = makeMachine()
        let written = try send(&machine, 1, "a")
        try send(&machine, 2, "b")
        connect(&machine, "link", id: 1)
        expectTaken(&machine, ["a", "b"])
        let queued = try send(&machine, 3, "c")
        try send(&machine, 4, "d")
        guard case .fail(1, let first, false) = machine.cancel(written.id),
            case .fail(3, let second, false) = machine.cancel(queued.id)
        else {
            Issue.record("not cancelled")
            return
        }
        #expect(first.code == .cancelled && first.mayHaveExecuted)
        #expect(second.code == .cancelled && !second.mayHaveExecuted)
        guard case .none = machine.cancel(written.id) else {
            Issue.record("cancelled twice")
            return
        }
        expectTaken(&machine, ["d"])
        let replies = try answers(machine.received([.integer(1), .integer(2), .integer(4)], connection: 1, now: start))
        #expect(replies.map(\.0) == [2, 4])
        #expect(replies.map(\.1) == [[.integer(2)], [.integer(4)]])
    }

    @Test func boundsOnCommandsAndBytes() throws {
        var machine = makeMachine(commands: 3, bytes: 10)
        let first = try send(&machine, 1, "aaaa", count: 2)
        try send(&machine, 2, "a")
        #expect(#expect(throws: RedisError.self) { try send(&machine, 3, "a") }?.code == .overflow)
        _ = machine.cancel(first.id)
        try send(&machine, 4, "aaaaaaaaa")
        #expect(#expect(throws: RedisError.self) { try send(&machine, 5, "a") }?.code == .overflow)
        // What is in flight counts until it is answered.
        connect(&machine, "link", id: 1)
        #expect(take(&machine).count == 2)
        #expect(#expect(throws: RedisError.self) { try send(&machine, 6, "a") }?.code == .overflow)
        _ = machine.received([.null, .null], connection: 1, now: start)
        try send(&machine, 7, "aaaaaaaaaa")
    }

    @Test func oneTimerServesAllDeadlines() throws {
        var machine = makeMachine()
        #expect(try send(&machine, 1, timeout: .seconds(5)).arm == start + .seconds(5))
        #expect(try send(&machine, 2, timeout: .seconds(6)).arm == nil)
        #expect(try send(&machine, 3, timeout: .seconds(2)).arm == start + .seconds(2))
        let first = tick(&machine, after: .seconds(2))
        #expect(first.completions.map(\.waiter) == [3])
        #expect(first.arm == start + .seconds(5))
        let second = tick(&machine, after: .seconds(7))
        #expect(second.completions.map(\.waiter) == [1, 2])
        #expect(second.arm == nil)
        #expect(try send(&machine, 4, after: .seconds(9)).arm == start + .seconds(14))
    }

    @Test func timeoutsSayWhatMayHaveHappened() throws {
        var machine = makeMachine()
        _ = machine.connectFailed(RedisError(code: .connection, message: "refused"), isRefusal: false)
        try send(&machine, 1, timeout: .seconds(1))
        let early = #expect(throws: RedisError.self) { try tick(&machine, after: .seconds(1)).completions[0].result.get() }
        #expect(early?.code == .timeout && early?.mayHaveExecuted == false)
        #expect(early?.message.contains("refused") == true)
        connect(&machine, "link", id: 1)
        try send(&machine, 2, timeout: .seconds(1))
        #expect(take(&machine).count == 1)
        let late = #expect(throws: RedisError.self) { try tick(&machine, after: .seconds(1)).completions[0].result.get() }
        #expect(late?.code == .timeout && late?.mayHaveExecuted == true)
    }

    @Test func aSilentServerIsGivenUp() throws {
        var machine = makeMachine()
        connect(&machine, "link", id: 1)
        try send(&machine, 1, timeout: .seconds(1))
        _ = take(&machine)
        let first = tick(&machine, after: .seconds(1))
        #expect(first.close == nil && first.arm == start + .seconds(5))
        #expect(tick(&machine, after: .seconds(5)).close == "link")
    }

    @Test func aServerThatAnswersOthersIsNotGivenUp() throws {
        var machine = makeMachine()
        connect(&machine, "link", id: 1)
        try send(&machine, 1)
        try send(&machine, 2, timeout: .seconds(60))
        _ = take(&machine)
        _ = machine.received([.null], connection: 1, now: start + .seconds(4))
        #expect(tick(&machine, after: .seconds(5)).close == nil)
        // A blocking command may be silent for as long as its own timeout.
        #expect(tick(&machine, after: .seconds(59)).close == nil)
        #expect(tick(&machine, after: .seconds(64)).close == "link")
    }

    @Test func aRefusalReachesAllAtOnceUntilAConnectSucceeds() throws {
        var machine = makeMachine()
        try send(&machine, 1)
        let refusal = RedisError(serverMessage: "WRONGPASS invalid")
        let failed = machine.connectFailed(refusal, isRefusal: true)
        #expect(failed.completions.map(\.waiter) == [1])
        #expect(#expect(throws: RedisError.self) { try send(&machine, 2) } == refusal)
        connect(&machine, "link", id: 1)
        try send(&machine, 3)
    }

    @Test func aDemotedMasterIsLeftOnceItHasAnswered() throws {
        var machine = makeMachine()
        connect(&machine, "link", id: 1)
        for waiter in 1...2 { try send(&machine, waiter) }
        #expect(take(&machine).count == 2)
        let readOnly = RedisValue.error(RedisError(serverMessage: "READONLY You can't write against a read only replica."))
        guard case .complete(_, nil, _) = machine.received([readOnly], connection: 1, now: start) else {
            Issue.record("closed too early")
            return
        }
        try send(&machine, 3)
        #expect(take(&machine).isEmpty)
        guard case .complete(let completions, let close?, _) = machine.received([.null], connection: 1, now: start) else {
            Issue.record("not closed")
            return
        }
        #expect(completions.map(\.waiter) == [2])
        let lost = machine.disconnected(1, reason: close)
        #expect(lost.completions.isEmpty)
        connect(&machine, "new", id: 2)
        #expect(take(&machine, 2).count == 1)
    }

    @Test func shutdownEndsWithTheLastAnswer() throws {
        var machine = makeMachine()
        connect(&machine, "link", id: 1)
        try send(&machine, 1)
        let isDone = machine.drain()
        #expect(!isDone)
        #expect(#expect(throws: RedisError.self) { try send(&machine, 2) }?.code == .closed)
        #expect(take(&machine).count == 1)
        guard case .complete(_, _, let finished) = machine.received([.null], connection: 1, now: start) else {
            Issue.record("violation")
            return
        }
        #expect(finished)
        let left = machine.close()
        #expect(left.isEmpty)
        let runsAgain = machine.start()
        #expect(!runsAgain)
    }

    @Test func closingFailsAllThatIsOutstanding() throws {
        var machine = makeMachine()
        connect(&machine, "link", id: 1)
        try send(&machine, 1)
        _ = take(&machine)
        try send(&machine, 2)
        let errors = machine.close().map { completion in
            #expect(throws: RedisError.self) { try completion.result.get() }
        }
        #expect(errors.map { $0?.code } == [.closed, .closed])
        #expect(errors.map { $0?.mayHaveExecuted } == [true, false])
        let isWanted = machine.connected("late", id: 2, now: start)
        #expect(!isWanted)
    }
}

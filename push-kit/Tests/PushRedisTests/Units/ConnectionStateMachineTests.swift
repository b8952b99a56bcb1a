import Testing

@testable import PushRedis

@Suite struct ConnectionStateMachineTests {
    private typealias Machine = RedisConnectionStateMachine<String>
    private let gone = RedisError(code: .connection, message: "gone")

    @Test func exchangeCollectsItsAnswers() throws {
        var machine = Machine()
        let actions = (machine.exchange(count: 3, promise: "p"), machine.received([.integer(1)]))
        #expect(actions.0 == .write)
        #expect(actions.1 == .none)
        let last = machine.received([.integer(2), .integer(3)])
        #expect(last == .succeed("p", [.integer(1), .integer(2), .integer(3)]))
        let next = machine.exchange(count: 1, promise: "q")
        #expect(next == .write)
    }

    @Test func activeConnectionDelivers() {
        var machine = Machine()
        let isActive = machine.activate()
        #expect(isActive)
        let some = machine.received([.null])
        #expect(some == .deliver([.null]))
        let none = machine.received([])
        #expect(none == .none)
        guard case .fail = machine.exchange(count: 1, promise: "p") else {
            Issue.record("an active connection belongs to the client")
            return
        }
    }

    @Test func answersThatNothingAskedForCloseIt() {
        var idle = Machine()
        guard case .close(let error) = idle.received([.null]) else {
            Issue.record("not closed")
            return
        }
        #expect(error.code == .protocolViolation)

        var exchanging = Machine()
        let exchange = exchanging.exchange(count: 1, promise: "p")
        #expect(exchange == .write)
        guard case .close = exchanging.received([.null, .null]) else {
            Issue.record("not closed")
            return
        }
        // A full server's own words.
        let full = RedisError(serverMessage: "ERR max number of clients reached")
        var refused = Machine()
        let refusal = refused.received([.error(full)])
        #expect(refusal == .close(full))
    }

    @Test func theFirstReasonToCloseCounts() {
        var machine = Machine()
        let exchange = machine.exchange(count: 2, promise: "p")
        #expect(exchange == .write)
        let first = machine.close(gone)
        #expect(first == .close(failing: "p", gone))
        let second = machine.close(RedisError(code: .closed, message: "later"))
        #expect(second == .none)
        let late = machine.exchange(count: 1, promise: "q")
        #expect(late == .fail(gone))
        let answer = machine.received([.null])
        #expect(answer == .none)
        let isActive = machine.activate()
        #expect(!isActive)
    }
}

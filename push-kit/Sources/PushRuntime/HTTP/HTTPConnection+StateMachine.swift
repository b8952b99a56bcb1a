import NIOCore
import NIOHTTP1

/// Decides, for one HTTP/1 connection, when it closes, which deadline applies, and who answers what cannot be parsed.
struct HTTPConnectionStateMachine {
    /// What the connection is waiting for; each has its timeout in `HTTPServerLimits`.
    enum Deadline: Equatable {
        case none
        case firstHead
        /// Numbered, so that the next request's body has a time of its own.
        case body(Int)
        case idle
        case linger
    }

    /// What the response's head needs.
    struct ResponseHeadEdit: Equatable {
        var version: HTTPVersion
        /// Adds `Connection: close`.
        var closes: Bool
    }

    enum Action: Equatable {
        case none
        /// Passes the event on to the request's handler.
        case forward
        /// Answers in place of a handler, then closes.
        case respond(HTTPParserError)
        /// Half-closes and waits for the client to do the same.
        case linger
        case close
        /// Tells the handler that the body did not come in time.
        case failBody
    }

    private struct Exchange {
        var version: HTTPVersion
        var keepAlive: Bool
        var hasResponseHead = false
    }

    private enum Phase {
        case open
        case lingering
        case closed
    }

    private var phase = Phase.open
    private var exchanges: CircularBuffer<Exchange> = []
    private(set) var requestCount = 0
    private var closesAfterResponse = false
    /// A parse error found behind requests whose responses must go first.
    private var heldError: HTTPParserError?
    /// A request has asked to leave HTTP: the parser reads nothing that follows it.
    private var mayLeaveHTTP = false

    var deadline: Deadline {
        switch phase {
        case .closed: .none
        case .lingering: .linger
        case .open:
            if isReadingBody {
                .body(requestCount)
            } else if !exchanges.isEmpty {
                .none
            } else if requestCount > 0 {
                .idle
            } else {
                .firstHead
            }
        }
    }

    /// Whether a request's body, or its end, is still to come.
    private(set) var isReadingBody = false

    /// Whether a request that comes now is read, and the parser is in none.
    var isBetweenRequests: Bool { acceptsRequests && !isReadingBody && !mayLeaveHTTP }

    /// Whether, besides, no response is owed.
    var isIdle: Bool { isBetweenRequests && exchanges.isEmpty }

    private var acceptsRequests: Bool { phase == .open && !closesAfterResponse && heldError == nil }

    /// - Parameter mayLeaveHTTP: Whether it asks to go on with another protocol.
    mutating func requestHead(version: HTTPVersion, keepAlive: Bool, mayLeaveHTTP: Bool = false) -> Action {
        if mayLeaveHTTP { self.mayLeaveHTTP = true }
        // Requests behind one that closes the connection are void (RFC 9112, 9.6).
        guard acceptsRequests, exchanges.last?.keepAlive ?? true else { return .none }
        exchanges.append(Exchange(version: version, keepAlive: keepAlive))
        isReadingBody = true
        requestCount &+= 1
        return .forward
    }

    /// The last request was none: it comes again, from the parser.
    mutating func withdrawRequest() {
        guard exchanges.popLast() != nil else { return }
        requestCount &-= 1
    }

    mutating func requestBody() -> Action {
        phase == .open && isReadingBody ? .forward : .none
    }

    mutating func requestEnd() -> Action {
        guard phase == .open, isReadingBody else { return .none }
        isReadingBody = false
        if exchanges.isEmpty {
            // Answered before it had arrived; the connection is in step again.
            return closesAfterResponse ? startLingering() : .forward
        }
        return .forward
    }

    mutating func parseError(_ error: HTTPParserError) -> Action {
        guard phase == .open, heldError == nil else { return .none }
        if isReadingBody {
            isReadingBody = false
            closesAfterResponse = true
            return exchanges.isEmpty ? startLingering() : .forward
        }
        // Nothing can be read after an error, whatever comes.
        if exchanges.isEmpty {
            phase = .lingering
            return .respond(error)
        }
        heldError = error
        return .none
    }

    mutating func responseHead() -> ResponseHeadEdit {
        guard !exchanges.isEmpty else { return ResponseHeadEdit(version: .http1_1, closes: true) }
        let first = exchanges.startIndex
        exchanges[first].hasResponseHead = true
        let closes = closesAfterResponse || !exchanges[first].keepAlive
        return ResponseHeadEdit(version: exchanges[first].version, closes: closes)
    }

    mutating func responseEnd() -> Action {
        guard let exchange = exchanges.popFirst() else { return .none }
        if !exchange.keepAlive || closesAfterResponse {
            // What the client still sends of this request no one will read.
            return startLingering()
        }
        if exchanges.isEmpty, let error = heldError {
            phase = .lingering
            return .respond(error)
        }
        return .none
    }

    /// The client has sent all that it will send.
    mutating func inputClosed() -> Action {
        switch phase {
        case .closed: return .none
        case .lingering: return close()
        case .open:
            if exchanges.isEmpty { return close() }
            closesAfterResponse = true
            return .none
        }
    }

    mutating func deadlineReached(_ reached: Deadline) -> Action {
        guard reached == deadline else { return .none }
        switch reached {
        case .none: return .none
        case .firstHead, .idle, .linger: return close()
        case .body:
            isReadingBody = false
            closesAfterResponse = true
            // A handler that has begun to answer is not reading; one that has not learns that the body is over.
            return exchanges.last?.hasResponseHead == false ? .failBody : close()
        }
    }

    mutating func channelInactive() {
        phase = .closed
        exchanges.removeAll()
        isReadingBody = false
    }

    private mutating func startLingering() -> Action {
        phase = .lingering
        return .linger
    }

    private mutating func close() -> Action {
        phase = .closed
        return .close
    }
}

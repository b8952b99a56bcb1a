import PushTestSupport

/// Asks until an answer takes `limit` at most. A busy machine may be late with one although push-api waited for nothing; if push-api waited
/// too long, each would be late.
func answerInTime(_ limit: Duration, _ ask: () async throws -> HTTPAnswer) async throws -> HTTPAnswer {
    var answers: [HTTPAnswer] = []
    try await eventually("an answer within \(limit)") {
        let start = ContinuousClock.now
        answers.append(try await ask())
        return start.duration(to: .now) <= limit
    }
    return answers[answers.count - 1]
}

/// Asks again while the answer is 503, as clients do: Redis may be late on a busy machine.
func answerFromRedis(_ ask: () async throws -> HTTPAnswer) async throws -> HTTPAnswer {
    var answer = try await ask()
    try await eventually("an answer from Redis") {
        if answer.status == 503 { answer = try await ask() }
        return answer.status != 503
    }
    return answer
}

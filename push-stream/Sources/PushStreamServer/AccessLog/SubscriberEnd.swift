import NginxConf
import PushStreamCore

/// What is due when a subscriber's response ends, however it ends: the access log's lines, of which nearly all is text from the start,
/// and its place in the limits. Only subscribers of locations that log or limit have one.
final class SubscriberEnd {
    /// One line of an access log that waits for the end.
    struct Line {
        let log: LogFile
        let format: LogFormat
        let condition: ComplexValue?

        init(_ rule: AccessLogRule, _ log: LogFile, _ variables: some VariableSource, hasHead: Bool) {
            self.log = log
            format = rule.format.begun(variables) { $0.isLate(hasHead: hasHead) }
            condition = rule.condition?.begun(variables) { $0.isLate(hasHead: hasHead) }
        }

        func write(_ variables: some VariableSource, now: Int) {
            if let condition {
                let value = condition.evaluate(variables)
                if value.isEmpty || value == "0" { return }
            }
            log.append(format.line(variables), now: now)
        }
    }

    private var lines: [Line]
    private var tickets: [ConnectionTicket]
    var outcome: RequestOutcome
    /// What the channel's list had sent when the subscriber came: its part of what goes to all is the difference.
    var listBytes = 0

    init(lines: [Line], tickets: [ConnectionTicket], outcome: RequestOutcome) {
        self.lines = lines
        self.tickets = tickets
        self.outcome = outcome
    }

    /// Whether bytes have to be counted.
    var isLogged: Bool { !lines.isEmpty }

    /// Writes the lines and leaves the limits. Once; what comes after it does nothing.
    func conclude(now: Int) {
        outcome.ended = now
        let variables = AnsweredRequest(base: NoVariables(), outcome: outcome)
        for line in lines { line.write(variables, now: now) }
        lines = []
        tickets = []
    }
}

import IntegrationSupport
import Testing

/// All end-to-end tests. One at a time: they measure, count memory and kill, and the machine may have two cores.
@Suite(.serialized, .attachesLogs, .timeLimit(.minutes(10)))
enum EndToEnd {}

extension Trait where Self == IssueHandlingTrait {
    /// Adds the last lines of each process of the running deployment to a failure.
    static var attachesLogs: Self {
        .compactMapIssues { issue in
            let logs = RunningProcesses.shared.logTails()
            guard !logs.isEmpty else { return issue }
            var issue = issue
            issue.comments.append(Comment(rawValue: logs))
            return issue
        }
    }
}

/// A channel id that no other test uses.
func uniqueChannel(_ purpose: String) -> String {
    "\(purpose)-\(UInt32.random(in: 0 ... .max))"
}

/// Everything that JSON, JavaScript, HTML and the templates of a push server may trip over.
let awkwardContent =
    #"He said "it's" – ünïcödé 😀 日本 \ /"# + "\n\r\n\t</script><script>alert(1)</script> 100% %41 ~id~ ~text~ {}[],'\u{2028}"

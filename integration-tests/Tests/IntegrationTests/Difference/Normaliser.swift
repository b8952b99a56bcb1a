import Foundation
import IntegrationSupport

/// The only place that says what may differ between two servers, or between two runs of one: clock, host name, process ids, versions,
/// and the ids that keep exchanges apart.
struct Normaliser: Sendable {
    /// The id that stood for `@`.
    let id: String
    /// Whether tags are certain.
    let keepsTags: Bool
    /// Whether nothing else goes on at the server, so that figures of the whole of it are certain.
    let keepsTotals: Bool
    let port: Int

    func normalise(_ lines: [String]) -> [String] {
        var result = lines.map(normalise)
        var length: Int?
        for (index, line) in result.enumerated() {
            if line.hasPrefix("HTTP/1.") { length = nil }
            if line.hasPrefix("Content-Length: ") { length = index }
            // What was replaced in a body has another length with each server.
            if line.hasPrefix("body "), let field = length,
                ["<server>", "<host>", "<uptime>", "<pid>", "<total>"].contains(where: { line.contains($0) })
            {
                result[field] = "Content-Length: <length>"
            }
        }
        return result
    }

    private func normalise(_ line: String) -> String {
        var line = line.replacing(id, with: "@").replacing("localhost:\(port)", with: "localhost:<port>")
        if let field = wholeField(line) { return field }
        // Of error pages.
        line.replace(/(<center>)(nginx|push-stream)(\/\d+\.\d+\.\d+)?(<\/center>)/) {
            "\($0.1)<server>\($0.3 == nil ? " without version" : "")\($0.4)"
        }
        line.replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\b/) { _ in "<time>" }
        line.replace(/(uptime\\?"?(:|>) ?)\d+/) { "\($0.1)<uptime>" }
        line.replace(/(pid\\?"?(:|>) ?(\\")?)\d+/) { "\($0.1)<pid>" }
        line.replace(/(hostname\\?"?(:|>) ?(\\")?)[A-Za-z0-9._-]+/) { "\($0.1)<host>" }
        line.replace(/(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT/) { match in
            isNow(String(match.0)) ? "<now>" : String(match.0)
        }
        if !keepsTotals {
            line.replace(/((wildcard_)?channels\\?"?(:|>) ?)\d+/) { "\($0.1)<total>" }
        }
        if !keepsTags { line.replace(/(\btag=|W\/)\d+/) { "\($0.1)<tag>" } }
        return line
    }

    private func wholeField(_ line: String) -> String? {
        // Whether the server tells its version is no matter of the version.
        if line.wholeMatch(of: /Server: (nginx|push-stream)\/\d+\.\d+\.\d+/) != nil { return "Server: <Server>" }
        if line.wholeMatch(of: /Server: (nginx|push-stream)/) != nil { return "Server: <Server> without version" }
        for name in ["Date", "X-Nginx-PushStream-Tag", "X-Nginx-PushStream-Commit"] where line.hasPrefix("\(name): ") {
            return "\(name): <\(name)>"
        }
        return nil
    }

    /// Times of messages are those of the run; others, such as the one that `Expires` has, are fixed.
    private func isNow(_ text: String) -> Bool {
        httpDate(text).map { abs($0.timeIntervalSinceNow) < 300 } ?? false
    }
}

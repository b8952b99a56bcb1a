import FoundationEssentials
import Glibc

/// A process of this machine, found by its command line, so that nothing has to be stored that a crash could lose.
struct RunningProcess: Sendable, Equatable {
    let id: pid_t
    let arguments: [String]
    let environment: [String: String]

    /// The processes of this user with these words, one after the other, in their command line.
    static func all(with words: [String]) -> [RunningProcess] {
        let ids = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap { pid_t($0) } ?? []
        return ids.compactMap { id in
            guard let line = FileManager.default.contents(atPath: "/proc/\(id)/cmdline"), !line.isEmpty else { return nil }
            let arguments = Self.texts(line)
            guard arguments.count > words.count,
                (1...(arguments.count - words.count)).contains(where: { Array(arguments[$0..<($0 + words.count)]) == words }),
                // Only the owner may read it.
                let variables = FileManager.default.contents(atPath: "/proc/\(id)/environ")
            else { return nil }
            let pairs = Self.texts(variables).compactMap { text -> (String, String)? in
                guard let sign = text.firstIndex(of: "=") else { return nil }
                return (String(text[..<sign]), String(text[text.index(after: sign)...]))
            }
            return RunningProcess(id: id, arguments: arguments, environment: Dictionary(pairs) { $1 })
        }
    }

    private static func texts(_ data: Data) -> [String] {
        data.split(separator: 0, omittingEmptySubsequences: false).dropLast().map { String(decoding: $0, as: UTF8.self) }
    }

    func send(_ signal: Int32) {
        kill(self.id, signal)
    }
}

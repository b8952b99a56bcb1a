import Foundation

/// What `/proc` says of processes.
public enum ProcessTable {
    public struct Unreadable: Error {
        public let path: String
    }

    /// Resident memory in bytes.
    public static func residentMemory(of processID: Int32) throws -> Int {
        let path = "/proc/\(processID)/status"
        guard let status = try? String(contentsOfFile: path, encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
            let kilobytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
        else { throw Unreadable(path: path) }
        return kilobytes * 1024
    }

    /// Processes whose parent is the given one.
    public static func children(of processID: Int32) -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.filter { self.parent(of: $0) == processID }
    }

    /// Children, their children and so on.
    public static func descendants(of processID: Int32) -> [Int32] {
        self.children(of: processID).flatMap { [$0] + self.descendants(of: $0) }
    }

    /// Whether the process exists and is not merely waiting to be collected by its parent.
    public static func isRunning(_ processID: Int32) -> Bool {
        guard let state = self.fields(of: processID)?.first else { return false }
        return state != "Z" && state != "X"
    }

    public static func command(of processID: Int32) -> String {
        let bytes = FileManager.default.contents(atPath: "/proc/\(processID)/cmdline") ?? Data()
        return String(decoding: bytes.map { $0 == 0 ? 32 : $0 }, as: UTF8.self).trimmingCharacters(in: .whitespaces)
    }

    /// Processes whose command line holds a text.
    public static func processes(withCommandContaining text: String) -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.filter { self.isRunning($0) && self.command(of: $0).contains(text) }
    }

    /// TCP ports on which a process listens.
    public static func listeningPorts(of processID: Int32) -> Set<Int> {
        let folder = "/proc/\(processID)/fd"
        let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let sockets = Set(
            descriptors.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)") }
                .filter { $0.hasPrefix("socket:[") }.map { String($0.dropFirst(8).dropLast()) })
        var ports: Set<Int> = []
        for table in ["tcp", "tcp6"] {
            let text = (try? String(contentsOfFile: "/proc/\(processID)/net/\(table)", encoding: .utf8)) ?? ""
            for line in text.split(separator: "\n").dropFirst() {
                let columns = line.split(whereSeparator: \.isWhitespace)
                // Local address, state (0A is LISTEN), inode.
                guard columns.count > 9, columns[3] == "0A", sockets.contains(String(columns[9])),
                    let port = columns[1].split(separator: ":").last.flatMap({ Int($0, radix: 16) })
                else { continue }
                ports.insert(port)
            }
        }
        return ports
    }

    private static func parent(of processID: Int32) -> Int32? {
        guard let fields = self.fields(of: processID), fields.count > 1 else { return nil }
        return Int32(fields[1])
    }

    /// The fields of `stat` after the command, which may contain blanks and parentheses: the state, the parent and so on.
    private static func fields(of processID: Int32) -> [Substring]? {
        guard let stat = try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8),
            let end = stat.lastIndex(of: ")")
        else { return nil }
        return stat[stat.index(after: end)...].split(separator: " ")
    }
}

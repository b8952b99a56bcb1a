import Foundation

/// A server's process and its descendants, as `/proc` shows them: a master and its workers count together.
struct ServerProcesses {
    let processID: Int32

    init(processID: Int32) throws {
        self.processID = processID
        guard FileManager.default.fileExists(atPath: "/proc/\(processID)") else {
            throw LoadFailure("there is no process \(processID)")
        }
    }

    struct Memory: Codable {
        /// Resident bytes, summed: pages that processes share count for each.
        let resident: Int
        /// Proportional bytes, summed: a page that N processes share counts once.
        let proportional: Int
    }

    func memory() throws -> Memory {
        var resident = 0
        var proportional = 0
        for process in self.all() {
            let path = "/proc/\(process)/smaps_rollup"
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw LoadFailure("\(path) cannot be read: the server ended, or belongs to another user")
            }
            for line in text.split(separator: "\n") {
                let fields = line.split(separator: " ", omittingEmptySubsequences: true)
                guard fields.count == 3, let kilobytes = Int(fields[1]) else { continue }
                if fields[0] == "Rss:" { resident += kilobytes * 1024 }
                if fields[0] == "Pss:" { proportional += kilobytes * 1024 }
            }
        }
        return Memory(resident: resident, proportional: proportional)
    }

    /// Nanoseconds of processor time that all threads of all these processes have used.
    func processorTime() throws -> Int64 {
        var sum: Int64 = 0
        for process in self.all() {
            for thread in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? [] {
                let text = try? String(contentsOfFile: "/proc/\(process)/task/\(thread)/schedstat", encoding: .utf8)
                sum += text?.split(separator: " ").first.flatMap { Int64($0) } ?? 0
            }
        }
        guard sum > 0 else { throw LoadFailure("/proc/\(self.processID)/task has no processor times: the server ended") }
        return sum
    }

    /// The process, its children, their children and so on.
    private func all() -> [Int32] {
        var found = [self.processID]
        var next = 0
        while next < found.count {
            let process = found[next]
            next += 1
            for thread in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? [] {
                let children = try? String(contentsOfFile: "/proc/\(process)/task/\(thread)/children", encoding: .utf8)
                found += (children ?? "").split(separator: " ").compactMap { Int32($0) }
            }
        }
        return found
    }
}

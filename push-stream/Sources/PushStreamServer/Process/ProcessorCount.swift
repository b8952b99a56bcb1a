import FoundationEssentials

/// `worker_processes auto`: the processors that this process may really use.
enum ProcessorCount {
    /// What the affinity of the process allows, but no more than a control group grants in processor time, rounded up. A container
    /// that may use half a processor of a machine with 64 gets one event loop, not 64 that are held up in turn.
    ///
    /// - Parameter contents: reads a file of the system; nil if there is none.
    static func available(
        contents: (String) -> String? = { try? String(contentsOfFile: $0, encoding: .utf8) }
    ) -> Int {
        let allowed = Self.allowedByAffinity(contents)
        let quota = Self.quotas(contents).min() ?? .infinity
        return max(1, quota >= Double(allowed) ? allowed : Int(quota.rounded(.up)))
    }

    /// The line "Cpus_allowed_list: 0-3,8" of the process's state; without it the processors that are on.
    private static func allowedByAffinity(_ contents: (String) -> String?) -> Int {
        let lines = (contents("/proc/self/status") ?? "").split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("Cpus_allowed_list:") }) else {
            return ProcessInfo.processInfo.activeProcessorCount
        }
        let count = line.drop { $0 != ":" }.dropFirst().split(separator: ",").reduce(0) { count, range in
            let ends = range.split(separator: "-").compactMap { Int($0.filter(\.isNumber)) }
            guard let first = ends.first, let last = ends.last, last >= first else { return count }
            return count + last - first + 1
        }
        return count > 0 ? count : ProcessInfo.processInfo.activeProcessorCount
    }

    /// Processors' worth of time that each control group around this process grants.
    private static func quotas(_ contents: (String) -> String?) -> [Double] {
        var quotas: [Double] = []
        for line in (contents("/proc/self/cgroup") ?? "").split(separator: "\n") {
            // "0::/path" in the unified hierarchy, "4:cpu,cpuacct:/path" before it.
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            if parts[1].isEmpty {
                for folder in Self.folders(of: parts[2], under: "/sys/fs/cgroup") {
                    let words = (contents("\(folder)/cpu.max") ?? "").split { $0 == " " || $0 == "\n" }
                    if words.count == 2, let quota = Self.quota(words[0], words[1]) { quotas.append(quota) }
                }
            } else if parts[1].split(separator: ",").contains("cpu") {
                for folder in Self.folders(of: parts[2], under: "/sys/fs/cgroup/cpu") {
                    let time = contents("\(folder)/cpu.cfs_quota_us") ?? ""
                    let period = contents("\(folder)/cpu.cfs_period_us") ?? ""
                    if let quota = Self.quota(time.split(separator: "\n").first ?? "", period.split(separator: "\n").first ?? "")
                    {
                        quotas.append(quota)
                    }
                }
            }
        }
        return quotas
    }

    /// A group and all that it is in, up to the root, which is all that a container sees.
    private static func folders(of path: Substring, under root: String) -> [String] {
        var folders = [root]
        for name in path.split(separator: "/") { folders.append("\(folders[folders.count - 1])/\(name)") }
        return folders
    }

    /// Nil where no bound is set ("max", or -1).
    private static func quota(_ time: Substring, _ period: Substring) -> Double? {
        guard let time = Double(time), let period = Double(period), time > 0, period > 0 else { return nil }
        return time / period
    }
}

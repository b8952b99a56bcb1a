import FoundationEssentials
import Glibc

/// The process metrics that Prometheus clients commonly export, read from `/proc` when the text is rendered.
/// Elsewhere than on Linux they are left out.
enum ProcessMetrics {
    static func append(to text: inout String) {
        #if os(Linux)
            let page = Double(sysconf(Int32(_SC_PAGESIZE))), ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
            // The second field is the program's name in parentheses and may hold anything, spaces included.
            if let stat = read("/proc/self/stat"), let end = stat.lastIndex(of: ")") {
                let fields = stat[stat.index(after: end)...].split(separator: " ").map { Double($0) ?? 0 }
                if fields.count > 21 {
                    add(
                        "process_cpu_seconds_total", "counter", "CPU time of the process in seconds.",
                        (fields[11] + fields[12]) / ticks, &text)
                    add("process_resident_memory_bytes", "gauge", "Resident memory in bytes.", fields[21] * page, &text)
                    add("process_virtual_memory_bytes", "gauge", "Virtual memory in bytes.", fields[20], &text)
                    if let boot = bootTime() {
                        add(
                            "process_start_time_seconds", "gauge", "Start of the process, in seconds since 1970.",
                            boot + fields[19] / ticks, &text)
                    }
                }
            }
            if let entries = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
                add("process_open_fds", "gauge", "Open file descriptors.", Double(entries.count), &text)
            }
            var limit = rlimit()
            if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
                add("process_max_fds", "gauge", "Limit of open file descriptors.", Double(limit.rlim_cur), &text)
            }
        #endif
    }

    #if os(Linux)
        private static func bootTime() -> Double? {
            guard let stat = read("/proc/stat"), let line = stat.split(separator: "\n").first(where: { $0.hasPrefix("btime ") })
            else {
                return nil
            }
            return Double(line.dropFirst(6))
        }

        private static func read(_ path: String) -> String? {
            try? String(contentsOfFile: path, encoding: .utf8)
        }

        private static func add(_ name: String, _ type: String, _ help: String, _ value: Double, _ text: inout String) {
            PrometheusText.appendHeader(name, type: type, help: help, &text)
            PrometheusText.appendSample(name, "", PrometheusText.number(value), &text)
        }
    #endif
}

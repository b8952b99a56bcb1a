import Foundation
import PushTestSupport
import Testing

@testable import PushStreamServer

@Suite struct ProcessLimitTests {
    @Test(arguments: [
        ([:], 4),
        // Unified hierarchy: the narrowest group around the process counts.
        (["/proc/self/cgroup": "0::/a/b\n", "/sys/fs/cgroup/a/b/cpu.max": "max 100000\n"], 4),
        (["/proc/self/cgroup": "0::/a/b\n", "/sys/fs/cgroup/a/cpu.max": "150000 100000\n"], 2),
        (["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/cpu.max": "50000 100000\n"], 1),
        (["/proc/self/cgroup": "0::/a\n", "/sys/fs/cgroup/a/cpu.max": "900000 100000\n"], 4),
        (["/proc/self/cgroup": "0::/a\n", "/sys/fs/cgroup/a/cpu.max": "nonsense\n"], 4),
        // Before it; in a container the group is the root of what can be seen.
        (
            [
                "/proc/self/cgroup": "3:memory:/x\n4:cpu,cpuacct:/docker/1\n", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "200000\n",
                "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            ], 2
        ),
        (
            [
                "/proc/self/cgroup": "4:cpu:/\n", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
                "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            ], 4
        ),
    ])
    func `worker_processes auto respects affinity and control groups`(files: [String: String], count: Int) {
        let status = ["/proc/self/status": "Name:\tx\nCpus_allowed:\t10f\nCpus_allowed_list:\t0-2,8\n"]
        let files = files.merging(status) { $1 }
        #expect(ProcessorCount.available { files[$0] } == count)
    }

    @Test func `worker_processes auto of a process that may use one processor`() async throws {
        let program = try TestProgram("worker_processes auto; error_log e.log notice; %SERVER%")
        let state = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let first = try #require(state.split(separator: "Cpus_allowed_list:\t").last?.prefix { $0.isNumber })
        let process = try TestProcess(
            "taskset", arguments: ["-c", String(first), TestProgram.path, "-p", program.folder.path, "-c", "t.conf"])
        try await program.await("event loops: 1\n", in: "e.log")
        try await process.terminate()
    }

    @Test func `more connections than files can be opened are warned about`() async throws {
        let program = try TestProgram("events { worker_connections 1024; }")
        let command = "ulimit -n 600 && exec \"$0\" \"$@\""
        let process = try TestProcess(
            "sh", arguments: ["-c", command, TestProgram.path, "-t", "-p", program.folder.path, "-c", "t.conf"])
        #expect(try await process.exit() == .exited(0))
        let errors = try await TestProgram.errors(of: process)
        #expect(errors.contains("push-stream: [warn] 1024 worker_connections exceed open file resource limit: 600\n"))
        var settings = ProcessSettings(
            eventLoops: 4, connectionsPerLoop: 1024, openFileLimit: nil, pidFile: nil, errorLog: .off, errorLogLevel: .error,
            shutdownTimeout: nil)
        #expect(ProcessLimits.warning(settings, limit: 4096) == nil)
        #expect(
            ProcessLimits.warning(settings, limit: 4095)
                == "4 times 1024 worker_connections exceed open file resource limit: 4095")
        settings.openFileLimit = 4096
        #expect(ProcessLimits.warning(settings, limit: 4095) == nil)
    }

    /// Root becomes the user; for others the directive is without effect, and they are told.
    @Test func `the process becomes its user after it has its ports`() async throws {
        let account = try #require(getpwnam("nobody")).pointee
        let group = String(cString: try #require(getgrgid(account.pw_gid)).pointee.gr_name)
        let program = try TestProgram(
            "user nobody \(group); pid n.pid; error_log e.log notice; %SERVER%", server: "listen 127.0.0.1:0; access_log a.log;")
        chmod(program.folder.path, 0o777)
        let process = try program.start()
        _ = try await program.port()
        guard geteuid() == 0 else {
            let warning = "the \"user\" directive makes sense only if the master process runs with super-user privileges, ignored"
            try await process.line(containing: "push-stream: [warn] \(warning) in \(program.folder.path)/t.conf:1")
            try await process.terminate()
            return
        }
        let user = account.pw_uid
        // Every thread: one that kept root's rights would be root's process.
        let tasks = "/proc/\(process.pid)/task"
        for thread in try FileManager.default.contentsOfDirectory(atPath: tasks) {
            let status = try String(contentsOfFile: "\(tasks)/\(thread)/status", encoding: .utf8)
            #expect(status.contains("Uid:\t\(user)\t\(user)\t\(user)\t\(user)\n"))
            #expect(status.contains("Gid:\t\(account.pw_gid)\t"))
            // Those of the user, none of root.
            #expect(status.contains("Groups:\t\(account.pw_gid) \n"))
        }
        for name in ["e.log", "a.log"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: program.folder.file(name))
            #expect(attributes[.ownerAccountID] as? UInt32 == user)
        }
        // So it can open them again.
        #expect(try await program.run("-s", "reopen").status == .exited(0))
        try await program.await("reopened logs", in: "e.log")
        #expect(try await program.run("-s", "stop").status == .exited(0))
        #expect(try await process.exit() == .exited(0))
        #expect(!FileManager.default.fileExists(atPath: program.folder.file("n.pid")))
    }

    @Test func `logs that cannot be written do not stop the service`() async throws {
        let program = try TestProgram(
            "pid n.pid; error_log /dev/full info; %SERVER%", server: "listen unix:%FOLDER%/s; access_log /dev/full;")
        let process = try program.start()
        try await eventually("the process serves") { (try? PIDFile(path: program.folder.file("n.pid")).owner()) == process.pid }
        let client = try TestProcess(
            "curl", arguments: ["-sS", "--unix-socket", program.folder.file("s"), "http://t/", "http://t/"])
        #expect(try await client.exit() == .exited(0))
        #expect(try await program.run("-s", "reopen").status == .exited(0))
        #expect(try await program.run("-s", "quit").status == .exited(0))
        #expect(try await process.exit() == .exited(0))
    }
}

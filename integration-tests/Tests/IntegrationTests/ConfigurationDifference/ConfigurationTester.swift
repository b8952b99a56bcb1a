import Foundation
import IntegrationSupport
import PushTestSupport

/// A program that tests configurations: nginx with the module, or push-stream.
struct ConfigurationTester: Sendable {
    let program: String
    /// Stands before the configuration, in its first line.
    let preamble: String

    static func pushStream() throws -> ConfigurationTester {
        ConfigurationTester(program: try Repository.binary("push-stream"), preamble: "")
    }

    /// The Nginx that the environment names, if it has the module.
    static let nginx: ConfigurationTester? = {
        guard case .nginx(let program, let module)? = Contestant.module else { return nil }
        return ConfigurationTester(program: program, preamble: module.map { "load_module \($0); " } ?? "")
    }()

    /// What the program says, without its name, its notices, and what `-t` says about every configuration.
    func test(_ configuration: String) async throws -> [String] {
        let folder = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: folder.file("logs"), withIntermediateDirectories: true)
        let file = try folder.write(self.preamble + configuration.replacing("FOLDER", with: folder.path) + "\n", to: "t.conf")
        return try await withProcess(
            self.program, self.program, arguments: ["-t", "-p", folder.path + "/", "-e", "/dev/null", "-c", file]
        ) { process in
            let status = try await process.exit()
            let lines = try await process.allLines().compactMap { line -> String? in
                let text = line.text.replacing(folder.path, with: "FOLDER")
                    .replacing(#/^(nginx|push-stream): /#, with: "")
                if text.isEmpty || text.contains("[notice]") || text.contains("\"user\" directive makes sense only")
                    || text.contains("configuration file FOLDER/t.conf")
                {
                    return nil
                }
                return text
            }
            return lines + [status == .exited(0) ? "ok" : status == .exited(1) ? "failed" : "\(status)"]
        }
    }

    /// All answers by name, a few at a time.
    func test(_ cases: [ConfigurationCase]) async throws -> [String: [String]] {
        try await withThrowingTaskGroup(of: (String, [String]).self) { tasks in
            var answers: [String: [String]] = [:]
            for (index, item) in cases.enumerated() {
                if index >= 4, let (name, lines) = try await tasks.next() { answers[name] = lines }
                tasks.addTask { (item.name, try await self.test(item.configuration)) }
            }
            for try await (name, lines) in tasks { answers[name] = lines }
            return answers
        }
    }
}

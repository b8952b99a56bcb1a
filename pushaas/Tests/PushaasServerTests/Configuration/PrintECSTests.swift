import Foundation
import PushRuntime
import PushTestSupport
import PushaasECS
import Testing

@testable import PushaasServer

/// `pushaas print-ecs` and the files that it has made.
@Suite struct PrintECSTests {
    private static let root = URL(filePath: #filePath).appending(path: "../../../../..").standardized.path

    private func values() throws -> ConfigurationValues {
        try PushaasConfiguration.schema(providerKeys: ProviderSelection.keys).load(environment: [:], overrides: [:])
    }

    @Test func theFilesInTheRepositoryAreWhatItWrites() throws {
        let folder = try TemporaryDirectory()
        #expect(PrintECSCommand.run(["--into", folder.path], self.values) == 0)
        for place in ["push-service/ecs", "pushaas/ecs"] {
            let written = try FileManager.default.contentsOfDirectory(atPath: folder.file(place)).sorted()
            let kept = try FileManager.default.contentsOfDirectory(atPath: "\(Self.root)/\(place)").sorted()
            #expect(written == kept.filter { $0.hasSuffix(".json") })
            for file in written {
                let new = try String(contentsOfFile: folder.file("\(place)/\(file)"), encoding: .utf8)
                let old = try String(contentsOfFile: "\(Self.root)/\(place)/\(file)", encoding: .utf8)
                #expect(new == old, "\(place)/\(file) differs: run pushaas print-ecs --into . in the repository's root")
            }
        }
    }

    @Test(arguments: ["push-service/ecs", "pushaas/ecs"]) func theReadmeSaysEachPlaceholder(folder: String) throws {
        let readme = try String(contentsOfFile: "\(Self.root)/\(folder)/README.md", encoding: .utf8)
        let files = try FileManager.default.contentsOfDirectory(atPath: "\(Self.root)/\(folder)").filter { $0.hasSuffix(".json") }
        var used: Set<String> = []
        for file in files {
            let text = try String(contentsOfFile: "\(Self.root)/\(folder)/\(file)", encoding: .utf8)
            for match in text.matches(of: /\$\{([A-Z_0-9]+)\}/) { used.insert(String(match.1)) }
        }
        let rows = readme.split(separator: "\n").filter { $0.hasPrefix("| `") }
        let told = Set(rows.flatMap { $0.split(separator: "|")[0].matches(of: /`([A-Z][A-Z_0-9]+)`/).map { String($0.1) } })
        #expect(told == used)
    }

    @Test func anotherPlanHasOtherSizes() throws {
        let folder = try TemporaryDirectory()
        #expect(PrintECSCommand.run(["--plan", "large", "--into", folder.path], self.values) == 0)
        let service = try String(contentsOfFile: folder.file("push-service/ecs/push-stream.service.json"), encoding: .utf8)
        #expect(service.contains(#""desiredCount" : 4"#))
    }

    @Test(
        arguments: [
            (["--plan"], 2), (["--into"], 2), (["--nonsense"], 2), (["a", "b"], 2), (["--into", "x", "push-api.service"], 2),
            (["--plan", "huge", "push-api.service"], 1), (["push-api"], 1), (["push-api.service"], 0),
            (["push-api.service.json"], 0), ([], 0),
            (["--help"], 0),
        ] as [([String], Int32)])
    func misuseIsRefused(arguments: [String], status: Int32) {
        #expect(PrintECSCommand.run(arguments, self.values) == status)
    }
}

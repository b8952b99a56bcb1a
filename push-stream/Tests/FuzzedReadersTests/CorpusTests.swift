import Foundation
import FuzzedReaders
import NginxConf
import PushStreamServer
import Testing

/// Replays what fuzzing has found interesting, without a fuzzer.
@Suite struct CorpusTests {
    private static func inputs(_ reader: FuzzedReader) throws -> [(name: String, bytes: [UInt8])] {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let folder = tests.appending(path: "Corpora/\(reader.rawValue)")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { name in
            (name, Array(try Data(contentsOf: folder.appending(path: name))))
        }
    }

    @Test(arguments: FuzzedReader.allCases)
    func `what must hold for every input holds for the corpus`(reader: FuzzedReader) throws {
        let inputs = try Self.inputs(reader)
        #expect(!inputs.isEmpty)
        for (name, bytes) in inputs {
            do throws(BrokenInvariant) {
                try reader.check(bytes)
            } catch {
                Issue.record("Corpora/\(reader.rawValue)/\(name): \(error)")
            }
        }
    }

    /// The fuzzer stops at the checked directives; what the engine makes of them is tried here.
    @Test func `every configuration of the corpus becomes settings or one error`() throws {
        var loaded = 0
        for (_, bytes) in try Self.inputs(.configuration) {
            let files = ConfigurationCheck.access(ConfigurationCheck.files(bytes))
            HostResolver.$asksSystem.withValue(false) {
                do throws(ConfigurationError) {
                    let configuration = try EngineConfiguration.load(path: ConfigurationCheck.path, prefix: "/p/", files: files)
                    loaded += 1
                    #expect(configuration.files.first?.path == ConfigurationCheck.path)
                } catch {
                    #expect(error.description.hasPrefix("["))
                }
            }
        }
        #expect(loaded > 0)
    }
}

import Foundation
import FuzzedReaders
import NginxConf
import PushStreamServer
import Testing

/// Replays what fuzzing has found interesting, without a fuzzer.
@Suite struct CorpusTests {
    /// The folder of a reader's inputs that once broke it, within its corpus.
    private static let regressions = "regressions"

    /// What stands in the reader's corpus, or in one folder of it.
    private static func inputs(_ reader: FuzzedReader, in part: String = "") throws -> [(name: String, bytes: [UInt8])] {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let folder = tests.appending(path: "Corpora/\(reader.rawValue)/\(part)")
        guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().filter { $0 != regressions }.map {
            name in
            (name, Array(try Data(contentsOf: folder.appending(path: name))))
        }
    }

    @Test(arguments: FuzzedReader.allCases)
    func `what must hold for every input holds for the corpus`(reader: FuzzedReader) throws {
        let inputs = try Self.inputs(reader)
        #expect(!inputs.isEmpty)
        Self.replay(inputs, reader)
    }

    @Test(arguments: FuzzedReader.allCases)
    func `what once broke a reader breaks it no more`(reader: FuzzedReader) throws {
        Self.replay(try Self.inputs(reader, in: Self.regressions), reader)
    }

    private static func replay(_ inputs: [(name: String, bytes: [UInt8])], _ reader: FuzzedReader) {
        for (name, bytes) in inputs {
            do throws(BrokenInvariant) {
                try reader.check(bytes)
            } catch {
                Issue.record("\(reader.rawValue), \(name): \(error)")
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

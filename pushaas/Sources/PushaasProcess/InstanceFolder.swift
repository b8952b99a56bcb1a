import FoundationEssentials
import PushSystem
import PushaasProvisioning

/// The folder of one instance: a record of whose it is, the data of push-service, its log.
struct InstanceFolder: Sendable {
    /// What tells that a folder is an instance's, and of which installation.
    struct Record: Codable, Equatable {
        var installation: String
        var instance: String
        var name: String
    }

    let path: String

    var dataDirectory: String { "\(self.path)/data" }
    var log: String { "\(self.path)/push-service.log" }
    private var recordFile: String { "\(self.path)/instance.json" }

    /// `nil` if the folder is no instance's.
    var record: Record? {
        guard let data = FileManager.default.contents(atPath: self.recordFile) else { return nil }
        return try? JSONDecoder().decode(Record.self, from: data)
    }

    /// Makes it, readable by its owner only, unless it is there.
    func create(_ record: Record) throws(ProviderError) {
        do {
            try FileManager.default.createDirectory(
                atPath: self.path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            try encoder.encode(record).write(to: URL(filePath: self.recordFile), options: .atomic)
        } catch {
            throw ProviderError(.temporary, "the folder \(self.path) cannot be written: \(FileFailure.reason(of: error))")
        }
    }

    /// Succeeds if it is not there.
    func remove() throws(ProviderError) {
        guard FileManager.default.fileExists(atPath: self.path) else { return }
        do {
            // The record last: as long as anything is left, it tells whose it is.
            for entry in try FileManager.default.contentsOfDirectory(atPath: self.path) where entry != "instance.json" {
                try FileManager.default.removeItem(atPath: "\(self.path)/\(entry)")
            }
            try FileManager.default.removeItem(atPath: self.path)
        } catch {
            throw ProviderError(.temporary, "the folder \(self.path) cannot be removed: \(FileFailure.reason(of: error))")
        }
    }
}

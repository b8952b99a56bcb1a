import NginxConf

/// What a path means, as far as the disk has to be asked. Made on the event loop, answered on a thread that may wait.
enum FileLookup: Sendable {
    /// Send this file.
    case file(path: String)
    /// A folder: which of these names is in it?
    case index(folder: String, names: [String])
    /// `try_files`: which of these is there?
    case candidates([Candidate])

    struct Candidate: Sendable {
        /// In the system.
        var path: String
        /// As `$uri`.
        var name: String
        var isFolder: Bool
    }

    enum Answer: Sendable {
        case file(OpenFile)
        case failure(OpenFile.Failure)
        /// The request begins anew with this name of the folder.
        case index(String)
        /// The folder has none of them.
        case noIndex
        /// The place of the candidate.
        case candidate(Int)
        case noCandidate
    }

    func answer() -> Answer {
        switch self {
        case .file(let path):
            do throws(OpenFile.Failure) {
                return .file(try OpenFile.open(path))
            } catch {
                return .failure(error)
            }
        case .index(let folder, let names):
            for name in names {
                // One that begins with a slash is the last resort, wherever it leads.
                if name.hasPrefix("/") || OpenFile.kind(of: folder + name) != .nothing { return .index(name) }
            }
            return OpenFile.kind(of: folder) == .folder ? .noIndex : .failure(.system(2))
        case .candidates(let candidates):
            let place = candidates.firstIndex { OpenFile.kind(of: $0.path) == ($0.isFolder ? .folder : .file) }
            return place.map(Answer.candidate) ?? .noCandidate
        }
    }
}

import NginxConf
import PushStreamCore

/// Where a location's files are, and how they are sent.
public final class FileSettings: Sendable {
    public enum Base: Sendable {
        /// The whole path stands under this folder.
        case root(ComplexValue)
        /// This stands for the location's path at the beginning of a path; where that is nil, for the whole path.
        case alias(ComplexValue, of: String?)
    }

    public let base: Base
    /// `index`: names that are tried for a folder, in this order.
    public let index: [ComplexValue]
    public let tryFiles: TryFiles?
    /// `if_modified_since`
    public let modifiedSince: ModifiedSinceRule
    /// `etag`
    public let hasTag: Bool
    /// `max_ranges`
    public let maxRanges: Int
    /// `log_not_found`
    public let logsNotFound: Bool

    init(
        base: Base, index: [ComplexValue], tryFiles: TryFiles?, modifiedSince: ModifiedSinceRule, hasTag: Bool, maxRanges: Int,
        logsNotFound: Bool
    ) {
        self.base = base
        self.index = index
        self.tryFiles = tryFiles
        self.modifiedSince = modifiedSince
        self.hasTag = hasTag
        self.maxRanges = maxRanges
        self.logsNotFound = logsNotFound
    }

    /// The file's path in the system.
    ///
    /// - Parameter path: as `$uri`, without `..`; or what `try_files` names.
    /// - Returns: nil if what stands behind an alias would lead out of it, as `/img../x` does where `/img` is the location.
    func file(for path: String, _ variables: some VariableSource) -> String? {
        switch self.base {
        case .root(let root):
            let folder = root.evaluate(variables)
            return (folder.hasSuffix("/") ? String(folder.dropLast()) : folder) + path
        case .alias(let place, let location):
            guard let location = location?.utf8 else { return place.evaluate(variables) }
            // A name that does not begin as the location does stands under the alias whole.
            let rest = path.utf8.starts(with: location) ? path.utf8.dropFirst(location.count) : path.utf8[...]
            if rest.elementsEqual("..".utf8) || rest.starts(with: "../".utf8) { return nil }
            return place.evaluate(variables) + String(decoding: rest, as: UTF8.self)
        }
    }
}

/// `try_files`: the first of these that exists is sent.
public struct TryFiles: Sendable {
    public var candidates: [Candidate]
    public var fallback: Fallback

    public struct Candidate: Sendable {
        /// Without the slash that ends a folder's name in nginx.conf.
        public var name: ComplexValue
        public var isFolder: Bool
    }

    public enum Fallback: Sendable {
        case status(Int)
        /// The request begins anew with this path.
        case path(ComplexValue)
    }
}

/// `error_page`: what a client gets instead of a plain page for one of these statuses.
public struct ErrorPageRule: Sendable {
    public enum Status: Sendable, Equatable {
        /// The error's own.
        case kept
        /// `=200`
        case fixed(Int)
        /// `=`: what answers the other path decides.
        case answered
    }

    public var statuses: [Int]
    public var status: Status
    /// A path of this server, or an address to redirect to.
    public var place: ComplexValue
}

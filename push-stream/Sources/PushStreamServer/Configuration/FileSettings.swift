import NginxConf
import PushStreamCore

/// Where a location's files are, and how they are sent.
public final class FileSettings: Sendable {
    public enum Base: Sendable {
        /// The whole path stands under this folder.
        case root(ComplexValue)
        /// This stands for the part of the path that chose the location: so many bytes.
        case alias(ComplexValue, replaces: Int)
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
    /// - Parameter path: as `$uri`; it has no `..` and begins with a slash.
    func file(for path: String, _ variables: some VariableSource) -> String {
        switch self.base {
        case .root(let root):
            let folder = root.evaluate(variables)
            return (folder.hasSuffix("/") ? String(folder.dropLast()) : folder) + path
        case .alias(let place, let count):
            return place.evaluate(variables) + String(decoding: path.utf8.dropFirst(count), as: UTF8.self)
        }
    }
}

/// `try_files`: the first of these that exists is sent.
public struct TryFiles: Sendable {
    /// One that ends with a slash is a folder.
    public var paths: [ComplexValue]
    public var fallback: Fallback

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

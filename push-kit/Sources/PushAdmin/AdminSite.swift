import FoundationEssentials

/// The pages of an admin app, each with what browsers may do with it.
public struct AdminSite: Sendable {
    struct Page: Sendable {
        let file: StaticFiles.File
        /// Whether its path holds its version, so that browsers need not ask again.
        let isImmutable: Bool
    }

    /// Where it is served, without a slash at its end: `/admin`.
    public let root: String
    /// Scripts, styles and images from here alone, none inline, no frames, no forms; requests to this server and to the
    /// origins that were given.
    public let contentSecurityPolicy: String
    /// By path below the root.
    let pages: [String: Page]

    /// A site that is built into the program.
    ///
    /// Its `index.html` is asked about each time and answered by 304; all else lies below a folder that is named for the content
    /// of all files, so relative imports reach the same version, and nothing is ever made of two versions. Another version's
    /// path is 404. In `index.html`, `{{base}}` becomes that folder's path and `{{modules}}` the links that load all
    /// modules at once.
    ///
    /// - Parameters:
    ///   - values: What further `{{name}}` of `index.html` become.
    ///   - connecting: The origins (`https://host:port`, `wss://...`) that its scripts talk to, beside this server.
    public init(builtIn files: StaticFiles, root: String = "/admin", values: [String: String] = [:], connecting: [String] = []) {
        let version = files.version
        var pages: [String: Page] = [:]
        var modules: [String] = []
        for (path, file) in files.files where path != "index.html" {
            pages["\(version)/\(path)"] = Page(file: file, isImmutable: true)
            if path.hasSuffix(".js") { modules.append(path) }
        }
        if let index = files.files["index.html"] {
            var text = String(decoding: index.content, as: UTF8.self)
            let links = modules.sorted().map { "<link rel=\"modulepreload\" href=\"\(root)/\(version)/\($0)\">" }
            let all = values.merging(["base": "\(root)/\(version)", "modules": links.joined(separator: "\n")]) { $1 }
            for (name, value) in all { text = text.replacing("{{\(name)}}", with: value) }
            var written = StaticFiles()
            written.add(Array(text.utf8), at: "index.html")
            pages["index.html"] = written.files["index.html"].map { Page(file: $0, isImmutable: false) }
        }
        self.root = root
        self.pages = pages
        // No string becomes HTML or a script: what messages hold is never more than text.
        self.contentSecurityPolicy =
            Self.policy(connecting: connecting) + "; require-trusted-types-for 'script'; trusted-types 'none'"
    }

    /// A folder's files, as they are: their paths have no version, so browsers ask about each of them.
    public init(folder files: StaticFiles, root: String = "/admin", connecting: [String] = []) {
        self.root = root
        self.pages = files.files.mapValues { Page(file: $0, isImmutable: false) }
        self.contentSecurityPolicy = Self.policy(connecting: connecting)
    }

    private static func policy(connecting origins: [String]) -> String {
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
            + "connect-src \((["'self'"] + origins).joined(separator: " ")); "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    }
}

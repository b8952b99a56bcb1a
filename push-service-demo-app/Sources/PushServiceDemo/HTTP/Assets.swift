import CDemoPages
import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import PushAdmin

/// What browsers load beside the pages. All of it lies below a path that changes with its content, so browsers need not ask again, and a page
/// is never made of two versions.
struct Assets: Sendable {
    private static let files = StaticFiles.embedded([demoAssets()])

    /// `/assets/` and 24 hexadecimal digits.
    let root: String

    init() {
        var digest = SHA256()
        for (path, file) in Self.files.files.sorted(by: { $0.key < $1.key }) {
            digest.update(data: Data("\(path)\(file.entityTag)\n".utf8))
        }
        let name = digest.finalize().prefix(12).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        self.root = "/assets/\(name)"
    }

    func addRoutes(to router: Router<some RequestContext>) {
        router.get(RouterPath("\(self.root)/**")) { request, context in
            let path = context.parameters.getCatchAll().joined(separator: "/")
            guard let file = Self.files.files[path] else { throw HTTPError(.notFound) }
            return file.response(to: request, headers: [.cacheControl: "public, max-age=31536000, immutable"])
        }
    }
}

import CAdminKit
import CAdminPages
import PushAdmin
import PushRuntime

extension AdminSite {
    /// The admin app: the built-in one, or the folder of `api.statics_path`.
    ///
    /// - Throws: `StartupError` if the folder cannot be served.
    init(_ configuration: PushAPIConfiguration) throws {
        // Live messages come from push-stream, which is another origin.
        let origins = configuration.pushStream.contentSecuritySources
        guard let folder = configuration.staticsPath else {
            self.init(
                builtIn: .embedded([adminKitFiles(), adminPagesFiles()]),
                values: ["authentication": configuration.authentication == nil ? "off" : "required"], connecting: origins)
            return
        }
        do {
            self.init(folder: try StaticFiles.load(folder: folder), connecting: origins)
        } catch {
            throw StartupError("api.statics_path: \(error)")
        }
    }
}

extension PushStreamAddress {
    /// What a Content-Security-Policy calls this address, for HTTP and for WebSocket.
    var contentSecuritySources: [String] {
        guard let separator = self.url.firstRange(of: "://") else { return [] }
        let scheme = self.url[..<separator.lowerBound].lowercased()
        let authority = self.url[separator.upperBound...].prefix { $0 != "/" }
        let schemes = [scheme, scheme == "https" ? "wss" : "ws"]
        // The policy has no notation for IPv6 addresses, only for whole schemes.
        return schemes.map { authority.contains("[") ? "\($0):" : "\($0)://\(authority)" }
    }
}

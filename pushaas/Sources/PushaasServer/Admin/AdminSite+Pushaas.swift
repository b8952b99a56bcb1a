import CAdminKit
import CPushaasPages
import PushAdmin

extension AdminSite {
    /// The admin app of pushaas.
    static func pushaas(needsSignIn: Bool) -> AdminSite {
        AdminSite(
            builtIn: .embedded([adminKitFiles(), pushaasPagesFiles()]),
            values: ["authentication": needsSignIn ? "required" : "off"])
    }
}

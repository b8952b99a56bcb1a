import CPushaasDescription
import PushAdmin

extension APIDocumentation {
    /// Of pushaas.
    static let pushaas = APIDocumentation(description: .embedded([pushaasDescriptionFiles()]), product: "PushaaS")
}

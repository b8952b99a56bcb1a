import CAPIDocumentation
import PushAdmin

extension APIDocumentation {
    /// Of push-api.
    static let pushAPI = APIDocumentation(description: .embedded([apiDescriptionFiles()]), product: "Push Service")
}

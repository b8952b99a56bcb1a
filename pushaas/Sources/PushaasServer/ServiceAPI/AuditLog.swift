import HTTPTypes
import Hummingbird
import Logging

/// Who asked for a change, as tsuru tells it.
///
/// The headers are tsuru's own on every request that changes something. A caller who goes through tsuru's proxy can invent a body, so what
/// the body says otherwise is kept apart. Reads are not recorded: on them a caller can invent the headers too.
struct AuditRecord: Sendable {
    /// What is logged of a value at most.
    private static let maximumLength = 200

    let user: String
    let eventID: String
    private let bodyUser: String
    private let bodyEventID: String

    init(_ request: Request, _ body: ServiceRequest) {
        let headerUser = request.headers[.tsuruUser] ?? ""
        let headerEventID = request.headers[.tsuruEventID] ?? ""
        self.bodyUser = body.user ?? ""
        self.bodyEventID = body.eventID ?? ""
        self.user = headerUser.isEmpty ? self.bodyUser : headerUser
        self.eventID = headerEventID.isEmpty ? self.bodyEventID : headerEventID
    }

    /// One line for each change, after it was done.
    ///
    /// - Parameters:
    ///   - action: `create`, `bind app`, ...
    ///   - subject: The app, the job or the unit.
    func write(_ action: String, instance: String, subject: String? = nil, more: Logger.Metadata = [:], to logger: Logger) {
        var metadata: Logger.Metadata = [
            "action": "\(action)", "instance": "\(instance)", "user": "\(self.user.prefix(Self.maximumLength))",
            "event": "\(self.eventID.prefix(Self.maximumLength))",
        ]
        if let subject { metadata["subject"] = "\(subject.prefix(Self.maximumLength))" }
        if self.bodyUser != self.user, !self.bodyUser.isEmpty {
            metadata["body_user"] = "\(self.bodyUser.prefix(Self.maximumLength))"
        }
        if self.bodyEventID != self.eventID, !self.bodyEventID.isEmpty {
            metadata["body_event"] = "\(self.bodyEventID.prefix(Self.maximumLength))"
        }
        logger.notice("Instance changed", metadata: metadata.merging(more) { $1 })
    }
}

extension HTTPField.Name {
    static let tsuruUser = Self("X-Tsuru-User")!
    static let tsuruEventID = Self("X-Tsuru-Eventid")!
}

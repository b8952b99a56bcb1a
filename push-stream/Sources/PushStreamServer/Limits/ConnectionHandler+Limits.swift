import NginxConf
import PushStreamCore

extension ConnectionHandler {
    /// `limit_conn`: counts the request until it ends, or refuses it.
    ///
    /// - Parameter unread: whether a body is still to come.
    /// - Returns: false if the request has been refused.
    func admit(_ request: Request, unread: Bool) -> Bool {
        guard let limits = request.location.connectionLimits, request.variables.request.limitOutcome == nil else { return true }
        switch limits.enter(request.variables) {
        case .admitted(let tickets):
            request.tickets = tickets
            request.variables.request.limitOutcome = .passed
            return true
        case .refused(let zone):
            let message = limits.isDryRun ? "limiting connections, dry run" : "limiting connections"
            hub.context.log.log(
                limits.logLevel, message, ["zone": zone.name, "client": request.variables.request.connection.remoteHost])
            request.variables.request.limitOutcome = limits.isDryRun ? .rejectedInDryRun : .rejected
            if limits.isDryRun { return true }
            fail(limits.status, request, unread: unread)
            return false
        }
    }
}

import Hummingbird

/// A request whose sender is known.
protocol ClientContext: RequestContext {
    /// Tells apart those whose idempotency keys are theirs alone; empty when authentication is off.
    var clientName: String { get }

    /// Whether the sender may use only some of the channels, and which; `nil` for all.
    var isChannelAllowed: (@Sendable (String) -> Bool)? { get }
}

extension BasicRequestContext: ClientContext {
    /// There is but one user.
    var clientName: String { "" }

    var isChannelAllowed: (@Sendable (String) -> Bool)? { nil }
}

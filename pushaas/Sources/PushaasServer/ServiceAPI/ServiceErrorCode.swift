/// The codes in the bodies of error answers. None changes its meaning.
public enum ServiceErrorCode: Int, CaseIterable, Sendable {
    /// A body that cannot be read.
    case requestBody = 10
    /// A name that an instance cannot have.
    case instanceName = 11
    /// A plan that there is not, or that cannot be had here.
    case plan = 12
    case instanceExists = 13
    case instanceNotFound = 14
    /// A plan change in a status that does not allow it, or for which there is no way.
    case planChange = 15
    /// The instance is down.
    case instanceDown = 16
    case instanceListEmpty = 17
    /// Nothing has failed that could be tried again.
    case nothingToRetry = 18
    /// An app, a job or a unit is not named.
    case bindFields = 100
    case bindNotFound = 102
    /// The instance is not complete yet.
    case instanceNotReady = 103
    /// The instance's push-api did not do its part.
    case instanceAPI = 104
    /// Another bind or unbind of the same app takes too long.
    case bindBusy = 105
    /// Redis failed.
    case storage = 200
    /// The provider failed.
    case provider = 201
}

import Hummingbird
import PushModels

extension RequestContext {
    /// The channel id that the path's `:id` names.
    ///
    /// - Returns: `nil` for a segment that is no channel id, so that no channel of that name can exist.
    var channelID: ChannelID? {
        self.parameters.get("id").flatMap(PercentDecoding.decode).flatMap { try? ChannelID($0) }
    }
}

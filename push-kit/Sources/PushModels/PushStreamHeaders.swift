/// Header fields by which push-agent uses what our push-stream can do beyond the Nginx module. The module ignores them.
public enum PushStreamHeaders {
    /// On a publish: create the channel, or keep it alive, but deliver and store nothing. An Nginx with the module publishes
    /// the body instead, which is why the body is the text `ping`.
    public static let ensureChannel = "X-PushService-Ensure-Channel"
    /// On a statistics request: the agent's name; asks for ``instance`` in the response.
    public static let agent = "X-PushService-Agent"
    /// On the response to that: a random id made at each start of push-stream's store. Another one than before means that
    /// the history is gone and must be replayed.
    public static let instance = "X-PushService-Instance"
}

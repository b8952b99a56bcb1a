/// A socket of an event loop that is not NIO's. The hub's watcher tells what happens to it, and that loop alone touches it.
class LoopSocket {
    /// Something has happened.
    func handle(_ event: SocketEvent) {}

    /// Ends it within `delay` milliseconds, because the engine stops.
    func drain(within delay: Int) {}

    /// The client is gone, or has to go.
    func lost() {}

    /// A reload has changed what listeners mean.
    func configurationChanged() {}
}

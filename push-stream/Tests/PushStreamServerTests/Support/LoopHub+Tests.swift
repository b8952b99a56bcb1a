import PushStreamCore
import PushTestSupport

@testable import PushStreamServer

/// What tests do on an event loop, where nothing else happens meanwhile.
extension LoopHub {
    /// Publishes. Subscribers get it with the next ``deliver()``.
    func publish(_ text: String, to channel: String, eventID: String? = nil, stores: Bool = true) {
        guard let name = ChannelName(channel) else { return }
        let draft = MessageDraft(text: Array(text.utf8), eventID: eventID.map { Array($0.utf8) })
        _ = try? context.store.publish(draft, to: [name], stores: stores, now: now)
    }

    /// Deletes a channel. Subscribers learn it with the next ``deliver()``.
    func delete(_ channel: String) {
        guard let name = ChannelName(channel) else { return }
        _ = try? context.store.withTable { table throws(StoreError) in try table.delete([name], text: nil, now: now) }
    }

    /// Messages that were published to a channel.
    func publishedMessages(of channel: String) -> Int? {
        guard let name = ChannelName(channel) else { return nil }
        return (try? context.store.withTable { $0.statistics(of: name) })?.publishedMessages
    }

    /// Lets timers see a clock that is ahead by this many milliseconds, and those go off that are due then.
    func advance(by milliseconds: Int) {
        clock.steady = { ProcessIdentity.uptime() + milliseconds }
        fireTimers()
    }
}

extension TestEngine {
    /// Publishes messages of 30,000 bytes: 400 of them are far more than the sockets of both ends take.
    func fill(_ channel: String, count: Int) async throws {
        _ = try await engine.onLoops { hub in
            for _ in 0..<count { hub.publish(String(repeating: "x", count: Self.fillSize), to: channel) }
        }
    }

    static let fillSize = 30_000

    /// Waits until something is so on the only event loop.
    func wait(_ what: String, until condition: @escaping @Sendable (LoopHub) -> Bool) async throws {
        try await eventually(within: .seconds(180), "\(what)") { try await engine.onLoops(condition) == [true] }
    }

    func onLoop<Value: Sendable>(_ body: @escaping @Sendable (LoopHub) -> Value) async throws -> Value? {
        try await engine.onLoops(body).first
    }
}

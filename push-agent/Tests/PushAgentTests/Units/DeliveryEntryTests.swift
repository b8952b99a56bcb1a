import PushRedis
import Testing

@testable import PushAgent

@Suite("Entries of the stream") struct DeliveryEntryTests {
    private static func text(_ text: String) -> RedisValue { .string(Array(text.utf8)) }

    private static func entry(_ id: String, _ fields: String...) -> RedisValue {
        .array([Self.text(id), .array(fields.map(Self.text))])
    }

    private static func reply(_ entries: RedisValue...) -> RedisValue {
        .array([.array([Self.text("push_messages"), .array(entries)])])
    }

    @Test("Messages, channels to ensure and what a newer push-api adds are told apart") func kinds() throws {
        let entries = try DeliveryEntry.list(
            Self.reply(
                Self.entry("1-0", "channel", "a", "content", "x%20", "later", "field"), Self.entry("1-1", "ensure", "b\nc"),
                Self.entry("2-0", "future", "kind"), Self.entry("2-1"), .array([Self.text("2-2"), .null])))
        let ids = try ["1-0", "1-1", "2-0", "2-1", "2-2"].map { try #require(StreamID($0)) }
        #expect(entries.map(\.id) == ids)
        #expect(entries[0].requests == [PublishRequest(channel: "a", content: .message("x%20", eventID: ids[0]))])
        #expect(entries[1].requests == ["b", "c"].map { PublishRequest(channel: $0, content: .ensureChannel) })
        #expect(entries.dropFirst(2).map(\.requests) == [[], [], []])
    }

    @Test("Of fields of one name the first counts") func twice() throws {
        let entries = try DeliveryEntry.list(Self.reply(Self.entry("1-0", "channel", "a", "channel", "b", "content", "x")))
        #expect(entries.first?.requests.first?.channel == "a")
    }

    @Test("No entries are an answer") func none() throws {
        #expect(try DeliveryEntry.list(.null).isEmpty)
        #expect(try DeliveryEntry.list(Self.reply()).isEmpty)
    }

    @Test(
        "Anything else is an error, and no entry is lost over it",
        arguments: [
            .integer(1), .array([]), Self.text("x"), .array([.array([Self.text("push_messages")])]),
            .array([.array([Self.text("push_messages"), .null])]), Self.reply(.null), Self.reply(Self.entry("1"), .integer(5)),
            Self.reply(Self.entry("x-1", "channel", "a")), Self.reply(Self.entry("1-0", "channel")),
            Self.reply(.array([.null, .array([])])), Self.reply(.array([Self.text("1-0")])),
        ] as [RedisValue])
    func violations(reply: RedisValue) {
        let error = #expect(throws: RedisError.self) { try DeliveryEntry.list(reply) }
        #expect(error?.code == .protocolViolation)
    }
}

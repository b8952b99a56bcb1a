import PushModels
import Testing

@Suite struct StreamEntryTests {
    @Test(arguments: [
        StreamEntry.message(channel: "a", content: "x%20y"),
        .message(channel: "a", content: ""),
        .ensureChannels(["a", "b"]),
    ])
    func readsWhatItWrote(_ entry: StreamEntry) {
        #expect(StreamEntry(fields: entry.fields) == entry)
    }

    @Test func skipsKindsOfLaterVersions() {
        #expect(StreamEntry(fields: [("kind", "later")]) == nil)
        #expect(StreamEntry(fields: []) == nil)
    }

    @Test func ignoresFieldsOfLaterVersions() {
        let entry = StreamEntry(fields: [("trace", "1"), ("channel", "a"), ("content", "b")])
        #expect(entry == .message(channel: "a", content: "b"))
    }
}

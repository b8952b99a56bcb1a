import Testing

@testable import PushAPI

@Suite struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_567_339_200_000, "2019-09-01T12:00:00.000Z"),
        (1_709_251_199_007, "2024-02-29T23:59:59.007Z"),
    ])
    func formatsWithMilliseconds(milliseconds: Int, text: String) {
        #expect(Timestamp.format(milliseconds: milliseconds) == text)
        #expect(Timestamp.parse(text) == milliseconds)
    }

    @Test(arguments: [
        ("2019-09-01T12:00:00Z", 1_567_339_200_000),
        ("2019-09-01T12:00:00.5Z", 1_567_339_200_500),
        ("2019-09-01T12:00:00.123456789Z", 1_567_339_200_123),
        ("2019-09-01T14:00:00.25+02:00", 1_567_339_200_250),
    ])
    func readsOlderRecords(text: String, milliseconds: Int) {
        #expect(Timestamp.parse(text) == milliseconds)
    }

    @Test(arguments: ["", "yesterday", "2019-09-01", "2019-13-01T00:00:00Z", ".5"])
    func refusesOtherTexts(text: String) {
        #expect(Timestamp.parse(text) == nil)
    }
}

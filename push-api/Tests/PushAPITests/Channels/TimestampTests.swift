import Foundation
import Testing

@testable import PushAPI

@Suite struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_567_339_200_000, "2019-09-01T12:00:00.000Z"),
        (1_709_251_199_007, "2024-02-29T23:59:59.007Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (951_868_800_000, "2000-03-01T00:00:00.000Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ])
    func formatsWithMilliseconds(milliseconds: Int, text: String) {
        #expect(Timestamp.format(milliseconds: milliseconds) == text)
        #expect(Timestamp.parse(text) == milliseconds)
    }

    @Test func agreesWithFoundationOnEveryDay() throws {
        // Each day of 1970 to 2110, at changing times.
        for day in 0..<51_136 {
            let seconds = day * 86_400 + day * 7919 % 86_400
            let text = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601).dropLast() + ".000Z"
            #expect(Timestamp.format(milliseconds: seconds * 1000) == text)
            #expect(Timestamp.parse(String(text)) == seconds * 1000)
        }
    }

    @Test func addsWithinTheYearsOfRFC3339() {
        #expect(Timestamp.format(milliseconds: 1_567_339_200_000, adding: 60_001) == "2019-09-01T12:01:00.001Z")
        #expect(Timestamp.format(milliseconds: 253_402_300_799_999, adding: 1) == nil)
        #expect(Timestamp.format(milliseconds: 1, adding: .max) == nil)
        #expect(Timestamp.format(milliseconds: -5, adding: 1) == nil)
        #expect(Timestamp.format(milliseconds: -5) == "1970-01-01T00:00:00.000Z")
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

    @Test(arguments: [
        "", "yesterday", "2019-09-01", "2019-13-01T00:00:00Z", ".5",
        "2019-09-01T12:00:00.00\u{663}Z",
    ])
    func refusesOtherTexts(text: String) {
        #expect(Timestamp.parse(text) == nil)
    }
}

import Testing

@testable import PushAPI

@Suite struct MessageIDsTests {
    @Test func countsOnFromTheFirst() throws {
        let ids = try #require(MessageIDs("1795615184446-9", count: 3))
        #expect((0..<3).map { ids[$0] } == ["1795615184446-9", "1795615184446-10", "1795615184446-11"])
        #expect(ids.joined(separator: ",") == "1795615184446-9,1795615184446-10,1795615184446-11")
    }

    @Test func takesAListWhereTheTimeChanged() throws {
        let ids = try #require(MessageIDs("1-7 2-0 2-1", count: 3))
        #expect(ids.joined(separator: ",") == "1-7,2-0,2-1")
    }

    @Test(arguments: [
        ("", 1), ("x", 1), ("1-", 1), ("-1", 1), ("1-x", 1), ("1-1", 0), ("1-1 1-2", 3), ("1-18446744073709551615", 2),
    ])
    func refusesAnythingElse(text: String, count: Int) {
        #expect(MessageIDs(text, count: count) == nil)
    }
}

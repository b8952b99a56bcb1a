import Foundation
import Testing

@testable import PushAPI

@Suite struct ChannelListRequestTests {
    @Test(arguments: [nil, "", "&", "other=1", "%zz=1", "Limit=5"] as [String?])
    func withoutParametersTheWholeListIsMeant(query: String?) throws {
        #expect(try ChannelListRequest.from(query: query) == nil)
    }

    @Test func readsParameters() throws {
        let cursor = ChannelCursor(score: "1567339200000", id: "a:é")
        #expect(try ChannelListRequest.from(query: "limit=1") == ChannelListRequest(limit: 1))
        #expect(try ChannelListRequest.from(query: "limit=1000&x=%") == ChannelListRequest(limit: 1000))
        #expect(try ChannelListRequest.from(query: "search=") == ChannelListRequest())
        #expect(try ChannelListRequest.from(query: "order=newest") == ChannelListRequest(order: .newest))
        #expect(
            try ChannelListRequest.from(query: "search=a%2Bb+%C3%A9&cursor=\(cursor.text)&order=oldest&limit=7")
                == ChannelListRequest(limit: 7, cursor: cursor, search: "a+b é"))
    }

    @Test(arguments: [
        "limit=0", "limit=1001", "limit=-1", "limit=", "limit", "limit=1.5", "limit=ten", "limit=%31%", "limit=1&limit=1",
        "limit=99999999999999999999", "limit=+5", "limit=\u{663}", "search=%FF", "search=%C3", "search=%", "cursor=", "cursor=x",
        "cursor=!!!!", "order=", "order=NEWEST", "order=random", "search=a&search=b", "l%69mit=1&limit=1",
        "search=" + String(repeating: "a", count: 201),
    ])
    func refusesAnythingElse(query: String) {
        let error = #expect(throws: QueryParameters.Invalid.self) { try ChannelListRequest.from(query: query) }
        #expect(error?.description.isEmpty == false)
    }

    @Test(arguments: [
        ("1567339200000", "a"), ("0", "é:x"), ("1567339200000.5", "?>~"), ("-1", "🙂"),
        ("1e+300", String(repeating: "x", count: 200)),
    ])
    func cursorsComeBack(score: String, id: String) {
        let cursor = ChannelCursor(score: score, id: id)
        #expect(ChannelCursor(cursor.text) == cursor)
        #expect(cursor.text.wholeMatch(of: /[A-Za-z0-9_-]+/) != nil)
    }

    @Test(arguments: [
        "", ":a", "1:", "1", "x:a", "inf:a", "nan:a", "0x1p3:a", "(5:a", "1 :a", "1e999:a", "+inf:a", "--1:a", "1:\u{FF}",
    ])
    func refusesCursorsOfOtherMakers(plain: String) {
        var bytes = Array(plain.utf8)
        // As a byte of its own it is no UTF-8.
        if plain.hasSuffix("\u{FF}") { bytes = Array("1:".utf8) + [0xFF] }
        let text = Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        #expect(ChannelCursor(text) == nil)
    }

    @Test func refusesLongAndForeignCursors() {
        let long = ChannelCursor(score: "1", id: String(repeating: "a", count: 300)).text
        #expect(ChannelCursor(long) == nil)
        #expect(ChannelCursor("MTph") == ChannelCursor(score: "1", id: "a"))
        #expect(ChannelCursor("MTph\n") == nil)
        #expect(ChannelCursor("MTphYQ==") == nil)
    }
}

@Suite struct ChannelFilterTests {
    @Test(arguments: [
        ("", "anything", true), ("a", "a", true), ("A", "bab", true), ("ab", "xAB", true), ("ab", "a-b", false),
        ("abc", "ab", false),
        ("é", "café", true), ("É", "café", false), ("[", "{", false), ("@", "`", false), ("z", "Z", true), ("aab", "aaab", true),
    ])
    func findsPartsOfIDs(search: String, id: String, isFound: Bool) {
        #expect(ChannelFilter(search: search, principal: .anyone).passes(id) == isFound)
    }

    @Test func showsOnlyWhatIsAllowed() {
        let principal = Principal(.key(id: "k", name: "team"), scopes: .all, channelPrefixes: ["team-", "t2"])
        let filter = ChannelFilter(search: "x", principal: principal)
        #expect(filter.passes("t2x"))
        #expect(filter.passes("team-x"))
        #expect(!filter.passes("team-a"))
        #expect(!filter.passes("x"))
        #expect(filter.isRestricted)
        #expect(!filter.isOpen)
        #expect(ChannelFilter(principal: .anyone).isOpen)
        #expect(!ChannelFilter(principal: .anyone).isRestricted)
    }
}

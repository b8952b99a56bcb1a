import Foundation
import HTTPTypes
import PushModels
import Testing

@testable import PushAPI

/// A pattern of the OpenAPI document.
private struct Pattern {
    let expression: NSRegularExpression

    /// - Parameter pointer: To a schema that has a pattern.
    init(at pointer: String) throws {
        let schema = try APIDescription().value(at: pointer) as? [String: Any]
        self.expression = try NSRegularExpression(pattern: try #require(schema?["pattern"] as? String))
    }

    /// As ECMA 262 reads the pattern: there `$` is the end alone, here also the place before a last line break.
    func matches(_ text: String) -> Bool {
        let whole = NSRange(location: 0, length: text.utf16.count)
        return self.expression.firstMatch(in: text, range: whole)?.range == whole
    }
}

/// The patterns, against what the code takes.
@Suite struct PatternTests {
    private static func isChannelID(_ text: String) -> Bool { (try? ChannelID(text)) != nil }

    @Test func channelIDsHaveTheSameCharacters() throws {
        let pattern = try Pattern(at: "#/components/schemas/ChannelID")
        let prefix = try Pattern(at: "#/components/schemas/ChannelPrefix")
        for value in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            // What a channel id refuses is in the basic plane.
            let isRefused = scalar.properties.isWhitespace || scalar.properties.generalCategory == .control
            guard value <= 0xFFFF || isRefused else { continue }
            let text = "a\(Character(scalar))"
            if pattern.matches(text) != Self.isChannelID(text) || prefix.matches(text) != Self.isChannelID(text) {
                Issue.record("U+\(String(value, radix: 16)): the pattern and ChannelID differ")
            }
        }
        #expect(pattern.matches("😀") && Self.isChannelID("😀"))
    }

    @Test(arguments: [
        "", ".", "..", "...", "ALL", "all", "ALLE", "xALL", "a.b1", "a.b", "a.b12", ".b1", ".b", "b1", "a.b1x", "a.bb1", "a.b1.b",
        "a.b٣", "a.B1", "a/b", "a*", "*", "a b", " ", "a\n", "\n", "a\u{2028}.b1", "a\u{FEFF}", "news", "ünïcödé", "日本",
        "e\u{301}",
        "\u{301}",
    ])
    func channelIDsAreTheSame(id: String) throws {
        #expect(try Pattern(at: "#/components/schemas/ChannelID").matches(id) == Self.isChannelID(id))
    }

    @Test(arguments: [
        "", "a", "a b", "\"", "\"\"", "\"a\"", "\"a", "a\"", "a\"b", "\"a\"b", "\"a\\\"b\"", "\"a\\b\"", "\"a\\\\\"", "\"a\\\"",
        "\"a b\"", "a\\b", "\\",
        "é", "a\t", "a\n", "\u{7F}", String(repeating: "k", count: 255), String(repeating: "k", count: 256),
        "\"" + String(repeating: "k", count: 255) + "\"", "\"" + String(repeating: "k", count: 256) + "\"",
        "\"" + String(repeating: "\\\\", count: 255) + "\"", "\"" + String(repeating: "\\\\", count: 256) + "\"",
    ])
    func idempotencyKeysAreTheSame(field: String) throws {
        let pattern = try Pattern(at: "#/components/parameters/IdempotencyKey/schema")
        #expect(pattern.matches(field) == ((try? IdempotencyKey(field: field)) != nil))
    }

    @Test func apiKeysAndTheirIDsMatch() throws {
        let id = try Pattern(at: "#/components/schemas/KeyID")
        for text in [
            APIKeyToken.makeID(), "abcdefghijkl", "abcdefghijk1", "abcdefghijk", "abcdefghijklm", "ABCDEFGHIJKL", "234567abcdef",
        ] {
            #expect(id.matches(text) == APIKeyToken.isID(text), "\(text)")
        }
    }

    @Test(arguments: [(100, nil), (nil, 1_000_000_000), (1, 1)] as [(Int?, Int?)])
    func rateLimitFieldsMatch(messages: Int?, bytes: Int?) throws {
        let (policy, limit) = (
            try Pattern(at: "#/components/headers/RateLimitPolicy/schema"),
            try Pattern(at: "#/components/headers/RateLimit/schema")
        )
        let state = RateLimitState(
            exceeded: [], wait: 0, messages: .init(remaining: 99, reset: 1), bytes: .init(remaining: 0, reset: 0))
        let fields = RateLimitFields.make(RateLimits(messagesPerSecond: messages, bytesPerSecond: bytes), state)
        #expect(policy.matches(fields[.rateLimitPolicy] ?? ""), "\(fields)")
        #expect(limit.matches(fields[.rateLimit] ?? ""), "\(fields)")
    }
}

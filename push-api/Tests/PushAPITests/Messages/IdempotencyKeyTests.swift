import HTTPTypes
import PushModels
import Testing

@testable import PushAPI

@Suite struct IdempotencyKeyTests {
    private func parse(_ fields: String...) throws -> String? {
        var headers = HTTPFields()
        for field in fields { headers.append(HTTPField(name: .idempotencyKey, value: field)) }
        return try IdempotencyKey.from(headers)?.value
    }

    @Test func isOptional() throws {
        #expect(try self.parse() == nil)
    }

    @Test(arguments: [
        ("a", "a"), ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"), ("~!#", "~!#"),
        (#""quoted""#, "quoted"), (#""a\"b\\c""#, #"a"b\c"#), (#"a"b"#, #"a"b"#), (#"a\b"#, #"a\b"#),
    ])
    func readsPlainAndQuotedKeys(field: String, value: String) throws {
        #expect(try self.parse(field) == value)
    }

    @Test func takes255Characters() throws {
        let longest = String(repeating: "k", count: 255)
        #expect(try self.parse(longest) == longest)
        #expect(try self.parse("\"\(longest)\"") == longest)
        #expect(throws: IdempotencyKey.Invalid.self) { try self.parse(longest + "k") }
        #expect(throws: IdempotencyKey.Invalid.self) { try self.parse("\"\(longest)k\"") }
    }

    @Test(arguments: [
        "", "a b", "é", "\"\"", "\"", "\"a", "\"a\"b", "\"a b\"", #""a\"#, #""a\b""#, "\"é\"", "a\u{7F}", "\"a\";p=1",
    ])
    func refusesAnythingElse(field: String) {
        #expect(throws: IdempotencyKey.Invalid.self) { try IdempotencyKey(field: field) }
    }

    @Test func refusesTwoKeys() {
        #expect(throws: IdempotencyKey.Invalid.self) { try self.parse("a", "a") }
    }

    @Test func eachPrincipalHasKeysOfItsOwn() throws {
        let key = try IdempotencyKey(field: "secret-key")
        let names = try [
            key.redisKey(principal: ""), key.redisKey(principal: "a"), key.redisKey(principal: "b"),
            IdempotencyKey(field: "asecret-key").redisKey(principal: ""),
        ]
        #expect(Set(names).count == 4)
        #expect(key.redisKey(principal: "a") == names[1])
        for name in names {
            // The hash tag is the stream's name, so both lie in one slot of a cluster.
            #expect(name.wholeMatch(of: /push_idempotency:\{push_messages\}:[0-9a-f]{64}/) != nil)
        }
        #expect(RedisKeys.messages == "push_messages")
    }
}

import Testing

@testable import PushAPI

@Suite struct APIKeyTokenTests {
    @Test func keysAreDifferentAndReadBack() throws {
        var texts: Set<String> = []
        for _ in 0..<100 {
            let id = APIKeyToken.makeID()
            #expect(APIKeyToken.isID(id))
            let (made, text) = APIKeyToken.make(id: id)
            #expect(text.wholeMatch(of: /psk_[a-z2-7]{12}_[A-Za-z0-9_-]{43}/) != nil)
            let read = try #require(APIKeyToken(text.utf8))
            #expect(read.id == id)
            #expect(read.digest.matches(made.digest))
            texts.insert(text)
        }
        #expect(texts.count == 100)
    }

    @Test func takesNothingElse() {
        let text = APIKeyToken.make(id: "abcdefghij27").text
        var changed: [String] = ["", "psk_", text + "a", String(text.dropLast()), text.uppercased()]
        for (offset, character) in [
            (0, "q"), (3, "-"), (4, "A"), (5, "1"), (15, "_"), (16, "-"), (17, "+"), (59, "="), (30, "/"),
        ] {
            var characters = Array(text)
            characters[offset] = Character(character)
            changed.append(String(characters))
        }
        for text in changed { #expect(APIKeyToken(text.utf8) == nil, "\(text)") }
    }

    @Test func everyBitOfADigestCounts() throws {
        let digest = APIKeyToken.make(id: "abcdefghij27").token.digest
        #expect(SecretDigest(hexadecimal: digest.hexadecimal)?.matches(digest) == true)
        for place in 0..<64 {
            var digits = Array(digest.hexadecimal)
            digits[place] = digits[place] == "0" ? "1" : "0"
            #expect(SecretDigest(hexadecimal: String(digits))?.matches(digest) == false)
        }
        for text in ["", "00", String(repeating: "g", count: 64), String(repeating: "0", count: 63) + "é"] {
            #expect(SecretDigest(hexadecimal: text) == nil)
        }
        // FIPS 180-2: the digest of "abc".
        #expect(
            SecretDigest(of: Array("abc".utf8)).hexadecimal == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func aSecretEndsInTime() throws {
        let (old, new, stranger) = (
            APIKeyToken.make(id: "aaaaaaaaaaaa").token, APIKeyToken.make(id: "aaaaaaaaaaaa").token,
            APIKeyToken.make(id: "aaaaaaaaaaaa").token
        )
        let json = """
            {"id":"aaaaaaaaaaaa","name":"n","scopes":["publish"],"channelPrefixes":[],"limits":{},"created":0,"expires":2000,
             "secrets":[{"sha256":"\(old.digest.hexadecimal)","created":0,"expires":1000},
                        {"sha256":"\(new.digest.hexadecimal)","created":0}]}
            """
        let key = APIKey(try APIKeyRecord(json: Array(json.utf8)))
        #expect(key.principal(for: old, now: { 999 }) != nil)
        #expect(key.principal(for: old, now: { 1000 }) == nil)
        #expect(key.principal(for: new, now: { 1999 }) != nil)
        #expect(key.principal(for: new, now: { 2000 }) == nil)
        #expect(key.principal(for: stranger, now: { 0 }) == nil)
    }
}

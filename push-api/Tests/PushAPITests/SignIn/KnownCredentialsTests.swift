import Testing

@testable import PushAPI

@Suite struct KnownCredentialsTests {
    private static let tokens = (0..<2).map { _ in APIKeyToken.make(id: APIKeyToken.makeID()) }

    private func id(_ meaning: KnownCredentials.Meaning?) -> String? {
        if case .key(let token) = meaning { token.id } else { nil }
    }

    @Test func everyByteOfAHeaderCounts() {
        let known = KnownCredentials()
        let header = "Bearer \(Self.tokens[0].text)"
        known.remember(known.fingerprint(of: header), .key(Self.tokens[0].token))
        #expect(id(known[known.fingerprint(of: header)]) == Self.tokens[0].token.id)
        var bytes = Array(header.utf8)
        for index in bytes.indices {
            bytes[index] ^= 1
            #expect(known[known.fingerprint(of: String(decoding: bytes, as: UTF8.self))] == nil)
            bytes[index] ^= 1
        }
        for other in [String(header.dropLast()), header + " ", "", "Bearer \(Self.tokens[1].text)"] {
            #expect(known[known.fingerprint(of: other)] == nil)
        }
    }

    @Test func fingerprintsOfOneProcessMeanNothingToAnother() {
        #expect(KnownCredentials().fingerprint(of: "Bearer a") != KnownCredentials().fingerprint(of: "Bearer a"))
    }

    @Test func theTableIsBounded() {
        let known = KnownCredentials()
        for number in 0..<KnownCredentials.capacity { known.remember(known.fingerprint(of: "\(number)"), .user) }
        #expect(known[known.fingerprint(of: "0")] != nil)
        known.remember(known.fingerprint(of: "one more"), .user)
        #expect(known[known.fingerprint(of: "0")] == nil)
        #expect(known[known.fingerprint(of: "one more")] != nil)
    }
}

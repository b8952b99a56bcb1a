import NIOCore
import Testing

@testable import PushAPI

@Suite struct CreateChannelRequestTests {
    private func parse(_ json: String) throws(InvalidRequestBody) -> CreateChannelRequest {
        try CreateChannelRequest(json: ByteBuffer(string: json))
    }

    @Test func readsTheTTLAndDefaultsToForEver() throws {
        #expect(try self.parse(#"{"id":"a","ttl":3600}"#).ttl == 3600)
        #expect(try self.parse(#"{"id":"a"}"#).ttl == 0)
        #expect(try self.parse(#"{"id":"a","ttl":0}"#).ttl == 0)
        #expect(try self.parse(#"{"id":"a","ttl":315360000}"#).ttl == 315_360_000)
    }

    @Test(arguments: ["-1", "315360001", "1.5", "1e400", "9223372036854775808", "true", "null", #""60""#, "[]", "{}"])
    func refusesOtherTTLs(ttl: String) {
        let error = #expect(throws: InvalidRequestBody.self) { try self.parse(#"{"id":"a","ttl":\#(ttl)}"#) }
        guard case .badFormat(let message) = error else {
            Issue.record("\(ttl): \(String(describing: error))")
            return
        }
        #expect(message.contains("'ttl'"), "\(message)")
    }

    @Test(arguments: ["", "a/b", "a b", "ALL", "x.b12"])
    func refusesHostileIDs(id: String) {
        let error = #expect(throws: InvalidRequestBody.self) { try self.parse(#"{"id":"\#(id)"}"#) }
        #expect(error?.message.hasPrefix("'id': ") == true)
    }

    @Test func namesTheMissingField() {
        #expect(throws: InvalidRequestBody.badFormat("the field 'id' is missing")) { try self.parse("{}") }
    }
}

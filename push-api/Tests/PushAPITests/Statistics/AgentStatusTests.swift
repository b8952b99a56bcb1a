import Foundation
import PushRedis
import Testing

@testable import PushAPI

@Suite struct AgentStatusTests {
    private func stream(length: Int, added: Int?, last: String) throws -> StreamFigures {
        var fields: [RedisValue] = [.string(Array("length".utf8)), .integer(length)]
        if let added { fields += [.string(Array("entries-added".utf8)), .integer(added)] }
        fields += [.string(Array("last-generated-id".utf8)), .string(Array(last.utf8))]
        return try StreamFigures(reply: .array(fields))
    }

    private func status(
        position: String?, place: String?, stream: StreamFigures, next: String? = nil
    ) throws -> AgentStatus {
        let figures = try #require(ReportedFigures.read(Array(#"{"subscribers":3}"#.utf8)))
        let record = AgentRecord(
            agent: "a", lastReport: 1_000, figures: figures, position: position.flatMap { StreamEntryID($0) }, place: place)
        return record.status(stream: stream, next: next.flatMap { StreamEntryID($0) }, now: 90_000)
    }

    @Test func anAgentAtTheEndHasNoLag() throws {
        let stream = try self.stream(length: 5, added: 100, last: "80000-2")
        for position in ["80000-2", "80001-0"] {
            let status = try self.status(position: position, place: nil, stream: stream)
            #expect(status.lagMessages == 0)
            #expect(status.lagSeconds == 0)
        }
    }

    @Test func theLagIsWhatTheStreamHasHadSinceThePosition() throws {
        let stream = try self.stream(length: 5, added: 100, last: "80000-2")
        let status = try self.status(position: "70000-0", place: "70000-0 58", stream: stream, next: "78500-0")
        #expect(status.lagMessages == 42)
        #expect(status.lagSeconds == 11.5)
        // A clock that went back.
        #expect(try self.status(position: "70000-0", place: nil, stream: stream, next: "95000-0").lagSeconds == 0)
        #expect(try self.status(position: "70000-0", place: "70000-0 200", stream: stream).lagMessages == 0)
    }

    @Test(arguments: ["69999-0 58", "70000-0", "70000-0 x", "70000-0 0", "", nil])
    func anotherEntrysPlaceTellsNothing(place: String?) throws {
        let stream = try self.stream(length: 5, added: 100, last: "80000-2")
        #expect(try self.status(position: "70000-0", place: place, stream: stream).lagMessages == nil)
    }

    @Test func aRedisThatDoesNotCountTellsNoMessages() throws {
        let stream = try self.stream(length: 5, added: nil, last: "80000-2")
        #expect(try self.status(position: "70000-0", place: "70000-0 58", stream: stream).lagMessages == nil)
    }

    @Test func unknownIsNull() throws {
        let status = try self.status(position: nil, place: nil, stream: .none)
        #expect(status.lagSeconds == nil)
        let object = try #require(
            try JSONSerialization.jsonObject(with: try JSONEncoder().encode(status)) as? [String: Any])
        #expect(object["position"] is NSNull)
        #expect(object["lagMessages"] is NSNull)
        #expect(object["lagSeconds"] as? Double == 0)
        #expect(object["lastReport"] as? String == "1970-01-01T00:00:01.000Z")
        #expect(object["hostname"] as? String == "a")
    }
}

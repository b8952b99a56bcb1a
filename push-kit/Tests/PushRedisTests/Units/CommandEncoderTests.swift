import NIOCore
import Testing

@testable import PushRedis

@Suite struct CommandEncoderTests {
    private func encoded(_ command: RedisCommand) throws -> [UInt8] {
        var buffer = ByteBuffer()
        try CommandEncoder.encode(command, into: &buffer)
        return Array(buffer.readableBytesView)
    }

    @Test func argumentsOfEveryType() throws {
        let command = RedisCommand("SET", "k", 12, -1.5, Double.infinity, [0, 13, 10, 255] as [UInt8], ByteBuffer(string: "b"), "")
        let head = "*8\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\n12\r\n$4\r\n-1.5\r\n$4\r\n+inf\r\n$4\r\n"
        #expect(try encoded(command) == Array(head.utf8) + [0, 13, 10, 255] + Array("\r\n$1\r\nb\r\n$0\r\n\r\n".utf8))
    }

    @Test func appendsToWhatIsThere() throws {
        var buffer = ByteBuffer(string: "before")
        try CommandEncoder.encode(RedisCommand("PING"), into: &buffer)
        #expect(String(buffer: buffer) == "before*1\r\n$4\r\nPING\r\n")
    }

    @Test func emptyNameDoesNotCrash() throws {
        #expect(try encoded(RedisCommand("")) == Array("*1\r\n$0\r\n\r\n".utf8))
    }

    @Test(arguments: [
        RedisCommand("subscribe", "a"), RedisCommand("MONITOR"), RedisCommand("MULTI"), RedisCommand("CLIENT", "reply", "OFF"),
        RedisCommand("SELECT", 1), RedisCommand("HELLO", 3),
    ])
    func commandsThatWouldBreakTheSharing(command: RedisCommand) {
        #expect(command.changesConnection)
    }

    @Test(arguments: [RedisCommand("CLIENT", "ID"), RedisCommand("CLIENT"), RedisCommand("PUBLISH", "a", "b"), RedisCommand("GET", "MULTI")])
    func ordinaryCommands(command: RedisCommand) {
        #expect(!command.changesConnection)
    }

    @Test func durationsAreRoundedUpToMilliseconds() {
        #expect(Duration.seconds(2).wholeMilliseconds == 2000)
        #expect(Duration.microseconds(1).wholeMilliseconds == 1)
        #expect(Duration.microseconds(1500).wholeMilliseconds == 2)
        #expect(Duration.zero.wholeMilliseconds == 0)
        #expect(Duration.seconds(Int64.max).wholeMilliseconds > 0)
    }

    @Test func globsAreEscaped() {
        #expect(RedisClient.escapedGlob(#"a*[b]?\^c"#) == #"a\*\[b\]\?\\\^c"#)
    }
}

import NIOCore
import Testing

@testable import PushStreamServer

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite struct OutputQueueTests {
    /// Two ends of a connection, of which the first does not block.
    private static func pair() throws -> (Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        try #require(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
        return (ends[0], ends[1])
    }

    @Test func tinyBuffersArePutTogether() {
        var queue = OutputQueue()
        for _ in 0..<100_000 { queue.append(ByteBuffer(bytes: [0x8A, 0])) }
        #expect(queue.count == 200_000)
        #expect(queue.bufferCount <= 13)
    }

    @Test func sharedBuffersStayWhatTheyAre() {
        let shared = ByteBuffer(string: String(repeating: "s", count: 100))
        var queue = OutputQueue()
        queue.append(shared)
        queue.append(ByteBuffer(string: "tiny"))
        queue.append(shared)
        queue.append(ByteBuffer())
        #expect(queue.bufferCount == 3 && queue.count == 204)
        #expect(shared.readableBytes == 100)
    }

    @Test func everythingLeavesInOrder() throws {
        let (near, far) = try Self.pair()
        defer {
            close(near)
            close(far)
        }
        var queue = OutputQueue()
        var expected: [UInt8] = []
        for index in 0..<20_000 {
            // Tiny ones and large ones in turn, and several tiny ones in a row.
            let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: index % 5 == 0 ? 700 : index % 48 + 1)
            queue.append(ByteBuffer(bytes: bytes))
            expected += bytes
        }
        var received: [UInt8] = []
        var room = [UInt8](repeating: 0, count: 100_000)
        while received.count < expected.count {
            let isOpen = queue.write(to: near)
            try #require(isOpen)
            let count = recv(far, &room, room.count, 0)
            try #require(count > 0)
            received += room.prefix(count)
            // More comes while the rest waits.
            if received.count % 3 == 0, !queue.isEmpty {
                queue.append(ByteBuffer(bytes: [1, 2, 3]))
                expected += [1, 2, 3]
            }
        }
        #expect(received == expected && queue.isEmpty && queue.bufferCount == 0)
    }

    @Test func aBrokenConnectionIsTold() throws {
        let (near, far) = try Self.pair()
        close(far)
        defer { close(near) }
        var queue = OutputQueue()
        queue.append(ByteBuffer(string: "x"))
        let isOpen = queue.write(to: near)
        #expect(!isOpen)
    }
}

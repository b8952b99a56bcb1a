import DequeModule
import NIOCore

/// What a subscriber's socket could not take yet, oldest first. The buffers are shared with all subscribers that got the same bytes,
/// so what waits costs the bytes once and each subscriber a few words.
struct OutputQueue {
    private var buffers: Deque<ByteBuffer> = []
    /// Bytes that wait.
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(_ buffer: ByteBuffer) {
        guard buffer.readableBytes > 0 else { return }
        count += buffer.readableBytes
        buffers.append(buffer)
    }

    /// Gives the bytes to the socket until it is full or nothing is left.
    ///
    /// - Returns: false if the connection is broken.
    mutating func write(to descriptor: Int32) -> Bool {
        while var first = buffers.first {
            switch first.withUnsafeReadableBytes({ SocketCalls.send(descriptor, $0) }) {
            case .sent(let bytes):
                count -= bytes
                if bytes == first.readableBytes {
                    buffers.removeFirst()
                } else {
                    first.moveReaderIndex(forwardBy: bytes)
                    buffers[0] = first
                    return true
                }
            case .broken: return false
            }
        }
        return true
    }
}

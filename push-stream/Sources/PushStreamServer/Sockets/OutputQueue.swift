import DequeModule
import NIOCore

/// What a subscriber's socket could not take yet, oldest first. The buffers are shared with all subscribers that got the same bytes,
/// so what waits costs the bytes once and each subscriber a few words.
struct OutputQueue {
    /// Bytes of a buffer that is too small to be kept on its own: the object around it would take many times more, and a client that
    /// sends pings and reads no pongs would take tens of megabytes before its queue is full.
    private static let tinySize = 48
    /// Bytes of a buffer in which tiny ones are put together.
    private static let collectionSize = 16 * 1024

    private var buffers: Deque<ByteBuffer> = []
    /// Whether the last buffer is this queue's own and takes more.
    private var isCollecting = false
    /// Bytes that wait.
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }
    /// Buffers that the bytes are in.
    var bufferCount: Int { buffers.count }

    mutating func append(_ buffer: ByteBuffer) {
        guard buffer.readableBytes > 0 else { return }
        count += buffer.readableBytes
        guard buffer.readableBytes <= Self.tinySize else {
            buffers.append(buffer)
            isCollecting = false
            return
        }
        if isCollecting, let last = buffers.indices.last, buffers[last].readableBytes < Self.collectionSize {
            buffers[last].writeImmutableBuffer(buffer)
        } else {
            var collection = ByteBuffer()
            collection.writeImmutableBuffer(buffer)
            buffers.append(collection)
            isCollecting = true
        }
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
                    if buffers.isEmpty { isCollecting = false }
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

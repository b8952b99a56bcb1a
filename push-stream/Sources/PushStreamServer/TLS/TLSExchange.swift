internal import CNIOBoringSSL
import NIOCore

/// What BoringSSL reads and writes instead of a socket. One serves all connections of an event loop, because between two uses nothing
/// stays in it: so a connection that waits keeps no buffers.
final class TLSExchange {
    /// The largest plaintext of a record.
    private static let recordLimit = 16 * 1024

    /// Bytes of the client that are still to be read.
    private var input = UnsafeRawBufferPointer(start: nil, count: 0)
    private var output = ByteBuffer()
    /// Where decrypted bytes come first.
    let plaintext = UnsafeMutableRawBufferPointer.allocate(byteCount: TLSExchange.recordLimit, alignment: 16)
    private var bio: OpaquePointer?

    init() {
        bio = BIO_new(Self.method)
        BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
        BIO_set_init(bio, 1)
    }

    deinit {
        // Each session holds this object, so none is left that could read or write here.
        BIO_free(bio)
        plaintext.deallocate()
    }

    /// Makes this what `ssl` reads and writes.
    func attach(to ssl: OpaquePointer) {
        BIO_up_ref(bio)
        SSL_set_bio(ssl, bio, bio)
    }

    /// Offers the client's bytes while `body` runs.
    func withInput<Result>(_ bytes: UnsafeRawBufferPointer, _ body: () -> Result) -> Result {
        input = bytes
        defer { input = UnsafeRawBufferPointer(start: nil, count: 0) }
        return body()
    }

    /// What has been written for the client since the last time.
    func takeOutput() -> ByteBuffer {
        let taken = output
        output = ByteBuffer()
        return taken
    }

    // MARK: As BoringSSL sees it

    private func read(into bytes: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(bytes.count, input.count)
        bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: input[..<count]))
        input = UnsafeRawBufferPointer(rebasing: input[count...])
        return count
    }

    private static func exchange(_ bio: OpaquePointer?) -> TLSExchange? {
        BIO_clear_retry_flags(bio)
        return BIO_get_data(bio).map { Unmanaged<TLSExchange>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Made once and only read afterwards.
    private nonisolated(unsafe) static let method: OpaquePointer? = {
        let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "event loop")
        BIO_meth_set_read(method) { bio, bytes, count in
            guard let exchange = exchange(bio), let bytes, count > 0 else { return -1 }
            let read = exchange.read(into: UnsafeMutableRawBufferPointer(start: bytes, count: Int(count)))
            if read == 0 {
                BIO_set_retry_read(bio)
                return -1
            }
            return Int32(read)
        }
        BIO_meth_set_write(method) { bio, bytes, count in
            guard let exchange = exchange(bio), let bytes, count > 0 else { return -1 }
            return Int32(exchange.output.writeBytes(UnsafeRawBufferPointer(start: bytes, count: Int(count))))
        }
        BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
        return method
    }()
}

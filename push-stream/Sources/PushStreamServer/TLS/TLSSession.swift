internal import CNIOBoringSSL
import NIOCore

/// The cryptographic state of one TLS connection, on its event loop alone. It has no socket and no buffers: bytes of the client go in,
/// bytes for the client come out.
final class TLSSession {
    enum Outcome {
        case open
        /// The client has said that it sends nothing more.
        case ended
        /// The connection cannot go on; an alert for the client may be among the output.
        case failed(reason: String)
    }

    private let ssl: OpaquePointer
    private let exchange: TLSExchange
    /// Has the certificates that a handshake chooses from; nil when that is done.
    private var listener: ListenerContext?
    /// Whether the handshake is done.
    private(set) var isEstablished = false

    /// - Returns: nil if the address has stopped to encrypt, or if memory is short.
    init?(_ listener: ListenerContext, _ exchange: TLSExchange) {
        guard let context = listener.defaultServer.tls, let ssl = SSL_new(context.pointer) else { return nil }
        self.ssl = ssl
        self.listener = listener
        self.exchange = exchange
        exchange.attach(to: ssl)
        SSL_set_accept_state(ssl)
        // What only a handshake needs is freed after it.
        SSL_set_shed_handshake_config(ssl, 1)
    }

    deinit { SSL_free(ssl) }

    // MARK: Bytes

    /// Takes bytes of the client, continues the handshake and decrypts.
    ///
    /// - Parameter plaintext: gets what the client has said.
    func open(_ bytes: UnsafeRawBufferPointer, into plaintext: inout ByteBuffer) -> Outcome {
        exchange.withInput(bytes) {
            ERR_clear_error()
            if !isEstablished {
                let result = SSL_do_handshake(ssl)
                guard result == 1 else { return outcome(of: result) }
                isEstablished = true
                listener = nil
            }
            while true {
                let count = SSL_read(ssl, exchange.plaintext.baseAddress, Int32(exchange.plaintext.count))
                guard count > 0 else { return outcome(of: count) }
                plaintext.writeBytes(UnsafeRawBufferPointer(rebasing: exchange.plaintext[..<Int(count)]))
            }
        }
    }

    /// What the handshake and the protocol itself have to say to the client.
    func takeOutput() -> ByteBuffer { exchange.takeOutput() }

    /// Encrypts.
    ///
    /// - Returns: nil if the connection cannot go on.
    func seal(_ plaintext: ByteBuffer) -> ByteBuffer? {
        guard plaintext.readableBytes > 0 else { return plaintext }
        ERR_clear_error()
        let count = plaintext.withUnsafeReadableBytes { SSL_write(ssl, $0.baseAddress, Int32(clamping: $0.count)) }
        let output = exchange.takeOutput()
        return Int(count) == plaintext.readableBytes ? output : nil
    }

    /// The message that nothing more comes, after which nothing can be sealed; empty if it was said before, or before the handshake.
    func goodbye() -> ByteBuffer {
        guard isEstablished, SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN == 0 else { return ByteBuffer() }
        ERR_clear_error()
        SSL_shutdown(ssl)
        return exchange.takeOutput()
    }

    private func outcome(of result: Int32) -> Outcome {
        switch SSL_get_error(ssl, result) {
        case SSL_ERROR_WANT_READ: .open
        case SSL_ERROR_ZERO_RETURN: .ended
        default: .failed(reason: TLSError.lastReason())
        }
    }

    // MARK: For variables

    /// As `$ssl_protocol`: `TLSv1.3`.
    var protocolName: String { String(cString: SSL_get_version(ssl)) }

    /// As `$ssl_cipher`: OpenSSL's name of the cipher suite.
    var cipher: String? { SSL_get_current_cipher(ssl).flatMap { SSL_CIPHER_get_name($0) }.map { String(cString: $0) } }

    /// As `$ssl_curve`: the group of the key exchange.
    var curve: String? { SSL_get_group_name(SSL_get_group_id(ssl)).map { String(cString: $0) } }

    /// The name that the client asked for.
    var serverName: String? { SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name).map { String(cString: $0) } }

    /// Whether the handshake was shortened by an earlier session.
    var isResumed: Bool { SSL_session_reused(ssl) == 1 }

    /// What ALPN agreed on.
    var applicationProtocol: String? {
        var (name, length): (UnsafePointer<UInt8>?, UInt32) = (nil, 0)
        SSL_get0_alpn_selected(ssl, &name, &length)
        guard let name, length > 0 else { return nil }
        return String(decoding: UnsafeBufferPointer(start: name, count: Int(length)), as: UTF8.self)
    }
}

internal import CNIOBoringSSL

/// Certificates and rules of one server's TLS connections. Connections keep what they need of it, so that a new configuration can take
/// its place at any time.
///
/// Not checked by the compiler: after its making it is only read, and BoringSSL locks what connections on several threads share.
final class TLSContext: @unchecked Sendable {
    /// Sessions that a megabyte of Nginx's `shared` cache holds.
    private static let sessionsPerMegabyte = 4000

    let pointer: OpaquePointer

    /// Reads the files that `settings` names.
    ///
    /// - Throws: ``TLSError`` for a file that cannot be read or used, and for ciphers or curves that are not known.
    init(_ settings: TLSSettings) throws(TLSError) {
        ERR_clear_error()
        guard let pointer = SSL_CTX_new(TLS_server_method()) else { throw .failed("SSL_CTX_new()") }
        self.pointer = pointer
        try loadCertificates(settings)
        try setProtocols(settings)
        setSessions(settings)
        // As Nginx: who offers application protocols must offer this one.
        SSL_CTX_set_alpn_select_cb(
            pointer,
            { _, chosen, length, offered, count, _ in
                TLSContext.chooseProtocol(offered, count, &chosen!.pointee, &length!.pointee)
            }, nil)
    }

    deinit { SSL_CTX_free(pointer) }

    private func setProtocols(_ settings: TLSSettings) throws(TLSError) {
        SSL_CTX_set_min_proto_version(pointer, settings.offersTLS12 ? UInt16(TLS1_2_VERSION) : UInt16(TLS1_3_VERSION))
        SSL_CTX_set_max_proto_version(pointer, settings.offersTLS13 ? UInt16(TLS1_3_VERSION) : UInt16(TLS1_2_VERSION))
        guard SSL_CTX_set_cipher_list(pointer, settings.ciphers) == 1 else {
            throw .failed("SSL_CTX_set_cipher_list(\"\(settings.ciphers)\")")
        }
        if settings.prefersServerCiphers { SSL_CTX_set_options(pointer, UInt32(SSL_OP_CIPHER_SERVER_PREFERENCE)) }
        if let curves = settings.curves, SSL_CTX_set1_curves_list(pointer, curves) != 1 {
            throw .failed("SSL_CTX_set1_curves_list(\"\(curves)\")")
        }
    }

    private func setSessions(_ settings: TLSSettings) {
        SSL_CTX_set_timeout(pointer, UInt32(clamping: settings.sessionTimeout))
        SSL_CTX_set_session_psk_dhe_timeout(pointer, UInt32(clamping: settings.sessionTimeout))
        if !settings.sessionTickets { SSL_CTX_set_options(pointer, UInt32(SSL_OP_NO_TICKET)) }
        if let sessions = settings.cachedSessions {
            SSL_CTX_set_session_cache_mode(pointer, SSL_SESS_CACHE_SERVER)
            SSL_CTX_sess_set_cache_size(pointer, UInt(clamping: sessions))
        } else {
            SSL_CTX_set_session_cache_mode(pointer, SSL_SESS_CACHE_OFF)
        }
    }

    // MARK: Application protocol

    private static let http = Array("http/1.1".utf8)

    private static func chooseProtocol(
        _ offered: UnsafePointer<UInt8>?, _ count: UInt32, _ chosen: inout UnsafePointer<UInt8>?, _ length: inout UInt8
    ) -> Int32 {
        let offered = UnsafeBufferPointer(start: offered, count: Int(count))
        var index = 0
        while index < offered.count {
            let name = offered[(index + 1)...].prefix(Int(offered[index]))
            if name.elementsEqual(Self.http) {
                chosen = offered.baseAddress.map { $0 + index + 1 }
                length = offered[index]
                return SSL_TLSEXT_ERR_OK
            }
            index += 1 + Int(offered[index])
        }
        return SSL_TLSEXT_ERR_ALERT_FATAL
    }

    // MARK: Server names

    /// Lets a client's name choose among the servers of a listener. The listener must outlive the handshakes.
    func chooseServers(of listener: ListenerContext) {
        SSL_CTX_set_tlsext_servername_callback(pointer) { ssl, alert, argument in
            guard let ssl, let argument else { return SSL_TLSEXT_ERR_NOACK }
            let listener = Unmanaged<ListenerContext>.fromOpaque(argument).takeUnretainedValue()
            let name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name).map { String(cString: $0).lowercased() }
            let server =
                name.map { listener.server(named: $0.hasSuffix(".") ? String($0.dropLast()) : $0) } ?? listener.defaultServer
            if server.settings.tls?.rejectsHandshake == true {
                alert?.pointee = SSL_AD_UNRECOGNIZED_NAME
                return SSL_TLSEXT_ERR_ALERT_FATAL
            }
            if let context = server.tls { SSL_set_SSL_CTX(ssl, context.pointer) }
            return name == nil ? SSL_TLSEXT_ERR_NOACK : SSL_TLSEXT_ERR_OK
        }
        SSL_CTX_set_tlsext_servername_arg(pointer, Unmanaged.passUnretained(listener).toOpaque())
    }
}

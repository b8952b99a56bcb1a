internal import CNIOBoringSSL
import NginxConf

/// Reads certificates and keys in PEM form.
extension TLSContext {
    func loadCertificates(_ settings: TLSSettings) throws(TLSError) {
        let passwords = try settings.passwordFile.map { path throws(TLSError) in try Self.passwords(path) } ?? []
        for pair in settings.certificates {
            let chain = try Self.chain(pair.certificate)
            defer { for certificate in chain { CRYPTO_BUFFER_free(certificate) } }
            let key = try Self.privateKey(pair.key, passwords)
            defer { EVP_PKEY_free(key) }
            // Of several pairs the first that the client can verify is taken.
            let credential = SSL_CREDENTIAL_new_x509()
            defer { SSL_CREDENTIAL_free(credential) }
            guard SSL_CREDENTIAL_set1_cert_chain(credential, chain.map { $0 }, chain.count) == 1 else {
                throw .failed("SSL_CTX_use_certificate(\"\(pair.certificate)\")")
            }
            guard SSL_CREDENTIAL_set1_private_key(credential, key) == 1, SSL_CTX_add1_credential(pointer, credential) == 1 else {
                throw .failed("SSL_CTX_use_PrivateKey(\"\(pair.key)\")")
            }
        }
    }

    /// The server's certificate and those between it and a root, in the order of the file.
    private static func chain(_ path: String) throws(TLSError) -> [OpaquePointer?] {
        let complaint = "cannot load certificate \"\(path)\":"
        let bytes = try self.bytes(path, complaint)
        let source = BIO_new_mem_buf(bytes, bytes.count)
        defer { BIO_free(source) }
        var chain: [OpaquePointer?] = []
        while let certificate = PEM_read_bio_X509(source, nil, nil, nil) {
            defer { X509_free(certificate) }
            var encoded: UnsafeMutablePointer<UInt8>?
            let length = i2d_X509(certificate, &encoded)
            defer { OPENSSL_free(encoded) }
            if length > 0 { chain.append(CRYPTO_BUFFER_new(encoded, Int(length), nil)) }
        }
        guard !chain.isEmpty else { throw .failed("\(complaint) PEM_read_bio_X509()") }
        // The end of the file is where no further certificate begins.
        ERR_clear_error()
        return chain
    }

    private static func privateKey(_ path: String, _ passwords: [[CChar]]) throws(TLSError) -> OpaquePointer {
        let complaint = "cannot load certificate key \"\(path)\":"
        let bytes = try self.bytes(path, complaint)
        // Without a callback the last argument is the password.
        for var password in passwords.isEmpty ? [[0]] : passwords {
            let source = BIO_new_mem_buf(bytes, bytes.count)
            defer { BIO_free(source) }
            ERR_clear_error()
            if let key = PEM_read_bio_PrivateKey(source, nil, nil, &password) { return key }
        }
        throw .failed("\(complaint) PEM_read_bio_PrivateKey()")
    }

    /// A password on each line, as C strings.
    private static func passwords(_ path: String) throws(TLSError) -> [[CChar]] {
        do throws(ConfigurationFiles.FileError) {
            return try ConfigurationFiles.system.read(path).split(separator: UInt8(ascii: "\n"))
                .map { line in line.filter { $0 != UInt8(ascii: "\r") }.map { CChar(bitPattern: $0) } + [0] }
        } catch {
            throw TLSError(error.message(path))
        }
    }

    private static func bytes(_ path: String, _ complaint: String) throws(TLSError) -> [UInt8] {
        do throws(ConfigurationFiles.FileError) {
            return try ConfigurationFiles.system.read(path)
        } catch {
            throw TLSError("\(complaint) \(error.message(path))")
        }
    }
}

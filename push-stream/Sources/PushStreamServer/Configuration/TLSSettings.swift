/// The `ssl_*` directives of one server.
public struct TLSSettings: Sendable, Hashable {
    /// A file with a certificate and those that lead to its root, and the file with its private key; both in PEM form.
    public struct Certificate: Sendable, Hashable {
        public var certificate: String
        public var key: String
    }

    /// `ssl_certificate` and `ssl_certificate_key`. Of several the client gets the first that it can verify (such as RSA and ECDSA).
    public var certificates: [Certificate]
    /// `ssl_protocols`.
    public var offersTLS12 = true
    public var offersTLS13 = true
    /// `ssl_ciphers`, for TLS 1.2, in OpenSSL's notation.
    public var ciphers = TLSSettings.standardCiphers
    /// `ssl_prefer_server_ciphers`.
    public var prefersServerCiphers = false
    /// `ssl_ecdh_curve`: names with colons between them; nil is the library's choice.
    public var curves: String?
    /// `ssl_session_cache`: how many sessions are kept for clients without tickets; nil keeps none.
    public var cachedSessions: Int?
    /// `ssl_session_timeout`, in seconds.
    public var sessionTimeout = 300
    /// `ssl_session_tickets`.
    public var sessionTickets = true
    /// `ssl_password_file`: passwords of private keys, one on each line.
    public var passwordFile: String?
    /// `ssl_reject_handshake`: clients that ask for this server are refused.
    public var rejectsHandshake = false

    /// What Nginx has without `ssl_ciphers`.
    public static let standardCiphers = "HIGH:!aNULL:!MD5"
}

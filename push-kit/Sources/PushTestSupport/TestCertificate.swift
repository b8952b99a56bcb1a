/// A certificate for `localhost` and 127.0.0.1 that signs itself, made by the openssl program.
public final class TestCertificate: Sendable {
    private let directory: TemporaryDirectory

    /// PEM; it is also the authority to trust.
    public var certificateFile: String { directory.file("certificate.pem") }
    /// PEM.
    public var privateKeyFile: String { directory.file("key.pem") }

    public init() async throws {
        directory = try TemporaryDirectory()
        let arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
            "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", directory.file("key.pem"), "-out",
            directory.file("certificate.pem"),
        ]
        let process = try TestProcess("openssl", arguments: arguments)
        guard try await process.exit() == .exited(0) else {
            throw ProcessEnded(executable: "openssl", lastLines: process.lines.map(\.text))
        }
    }
}

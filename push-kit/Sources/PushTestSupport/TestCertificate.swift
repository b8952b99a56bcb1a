/// A certificate for one name and for 127.0.0.1 that signs itself, made by the openssl program.
public final class TestCertificate: Sendable {
    private let directory: TemporaryDirectory

    /// PEM; it is also the authority to trust.
    public var certificateFile: String { directory.file("certificate.pem") }
    /// PEM.
    public var privateKeyFile: String { directory.file("key.pem") }

    public enum KeyType: Sendable {
        case ecdsa
        case rsa
    }

    public init(name: String = "localhost", key: KeyType = .ecdsa) async throws {
        directory = try TemporaryDirectory()
        let keyArguments =
            switch key {
            case .ecdsa: ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
            case .rsa: ["rsa:2048"]
            }
        let arguments =
            ["req", "-x509", "-newkey"] + keyArguments + [
                "-nodes", "-days", "2", "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:\(name),IP:127.0.0.1", "-keyout",
                directory.file("key.pem"), "-out", directory.file("certificate.pem"),
            ]
        let process = try TestProcess("openssl", arguments: arguments)
        guard try await process.exit() == .exited(0) else {
            throw ProcessEnded(executable: "openssl", lastLines: process.lines.map(\.text))
        }
    }
}

import PushTestSupport
import Testing

/// An authority of a test's own, and what it has signed, made by the openssl program.
final class TestAuthority: Sendable {
    private let directory: TemporaryDirectory

    /// PEM.
    var certificateFile: String { self.directory.file("authority.pem") }

    init() async throws {
        self.directory = try TemporaryDirectory()
        try await self.make(
            "authority", ["-subj", "/CN=authority", "-addext", "keyUsage=critical,keyCertSign,cRLSign"])
    }

    /// A certificate for 127.0.0.1, or that of a client.
    ///
    /// - Returns: PEM files.
    func sign(_ name: String, usage: String) async throws -> (certificate: String, key: String) {
        try await self.make(
            name,
            [
                "-CA", self.certificateFile, "-CAkey", self.directory.file("authority.key"), "-subj", "/CN=\(name)",
                "-addext", "basicConstraints=critical,CA:FALSE", "-addext", "subjectAltName=IP:127.0.0.1",
                "-addext", "extendedKeyUsage=\(usage)",
            ])
        return (self.directory.file("\(name).pem"), self.directory.file("\(name).key"))
    }

    private func make(_ name: String, _ arguments: [String]) async throws {
        let process = try TestProcess(
            "openssl",
            arguments: [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-keyout", self.directory.file("\(name).key"), "-out", self.directory.file("\(name).pem"),
            ] + arguments)
        try #require(try await process.finish() == .exited(0), "\(process.text)")
    }
}

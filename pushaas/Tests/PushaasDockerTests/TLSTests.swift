import Logging
import NIOSSL
import PushTestSupport
import PushaasProvisioning
import Synchronization
import Testing

@testable import PushaasDocker

/// What stands before an Engine's socket where that is reached with TLS, and asks for a certificate as the Engine itself does (`--tlsverify`).
struct SecuredEngine: Sendable {
    let proxy: SocketProxy
    let authority: TestAuthority
    let client: (certificate: String, key: String)

    init(socket: String) async throws {
        let authority = try await TestAuthority()
        let server = try await authority.sign("server", usage: "serverAuth")
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(server.certificate).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: server.key, format: .pem)))
        configuration.trustRoots = .file(authority.certificateFile)
        configuration.certificateVerification = .noHostnameVerification
        let context = try NIOSSLContext(configuration: configuration)
        self.proxy = try await SocketProxy(from: .port, to: socket) { [NIOSSLServerHandler(context: context)] }
        self.authority = authority
        self.client = try await authority.sign("client", usage: "clientAuth")
    }

    /// What makes the provider use it.
    var values: [String: String] {
        [
            "host": "tcp://127.0.0.1:\(self.proxy.port)", "tls_ca": self.authority.certificateFile,
            "tls_cert": self.client.certificate, "tls_key": self.client.key,
        ]
    }
}

@Suite("A Docker Engine that is reached with TLS")
struct TLSTests {
    @Test func anInstanceIsMadeAndTakenAway() async throws {
        let engine = try await FakeEngine()
        let secured = try await SecuredEngine(socket: engine.socket)
        let installation = try await FakeInstallation(engine, secured.values)
        let specification = InstanceSpecification.test(.test(persistence: .persistent))
        let steps = try installation.provider.creationSteps(for: specification.plan)
        let outputs = try await installation.run(steps, specification)
        #expect(engine.state.withLock { $0.containers.count } == 5)
        try await installation.undo(steps, specification, outputs)
        #expect(engine.isEmpty)
    }

    @Test func whoHasNoCertificateOfTheAuthorityGetsNowhere() async throws {
        let engine = try await FakeEngine()
        let secured = try await SecuredEngine(socket: engine.socket)
        let other = try await TestAuthority()
        let stranger = try await other.sign("client", usage: "clientAuth")
        let wrong: [[String: String]] = [
            // None to show.
            ["tls_cert": "", "tls_key": ""],
            // One that the Engine does not know.
            ["tls_cert": stranger.certificate, "tls_key": stranger.key],
            // An Engine that pushaas does not know: it says nothing to it.
            ["tls_ca": other.certificateFile],
        ]
        for values in wrong {
            let provider = DockerProvider(
                configuration: try dockerConfiguration(secured.values.merging(values) { $1 }), installation: "test",
                logger: Logger(label: "test"))
            do {
                try await provider.check()
                Issue.record("no error with \(values)")
            } catch let error as ProviderError {
                #expect(error.message.contains("the Docker Engine at tcp://127.0.0.1:\(secured.proxy.port)"))
                #expect(error.message.contains(secured.client.key) == false)
            }
        }
        #expect(engine.state.withLock { $0.calls.isEmpty })
    }

    @Test(arguments: ["tls_ca", "tls_cert", "tls_key"])
    func aFileThatIsNotThereIsNamed(_ key: String) async throws {
        let engine = try await FakeEngine()
        let secured = try await SecuredEngine(socket: engine.socket)
        let values = secured.values.merging([key: "/nowhere/file.pem"]) { $1 }
        let provider = DockerProvider(
            configuration: try dockerConfiguration(values), installation: "test", logger: Logger(label: "test"))
        do {
            try await provider.check()
            Issue.record("no error")
        } catch let error as ProviderError {
            #expect(error.kind == .permanent)
            #expect(error.message.contains("/nowhere/file.pem"))
        }
    }
}

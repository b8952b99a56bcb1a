import Foundation
import NginxConf
import PushTestSupport
import Testing

@testable import PushStreamServer

/// Each message was compared with what nginx 1.31 prints; what stands in brackets after "SSL:" is the library's own.
@Suite struct TLSConfigurationTests {
    private func load(_ http: String) throws -> LoadedConfiguration {
        let text = "events {}\nhttp {\n\(http)\n}"
        let files = ConfigurationFiles(read: { _ in Array(text.utf8) }, glob: { _ in [] })
        return try EngineConfiguration.load(path: "/etc/t.conf", files: files)
    }

    @Test(arguments: [
        ("server { listen 81 ssl; }", #"no "ssl_certificate" is defined for the "listen ... ssl" directive in /etc/t.conf:3"#),
        (
            "server { listen 81 ssl; ssl_certificate_key k; }",
            #"no "ssl_certificate" is defined for the "listen ... ssl" directive in /etc/t.conf:3"#
        ),
        ("server { listen 81 ssl; ssl_certificate c; }", #"no "ssl_certificate_key" is defined for certificate "c""#),
        (
            "server { listen 81; } server { listen 81 ssl; server_name a; ssl_certificate c; ssl_certificate_key k; }",
            #"no "ssl_certificate" is defined for the "listen ... ssl" directive in /etc/t.conf:3"#
        ),
        (
            "server { listen 81 ssl; ssl_reject_handshake on; } \n server { listen 81; server_name a; }",
            #"no "ssl_certificate" is defined for the "listen ... ssl" directive in /etc/t.conf:4"#
        ),
    ])
    func `certificates that are missing`(text: String, message: String) {
        let error = #expect(throws: ConfigurationError.self) { try load(text) }
        #expect(error.map { "\($0)" } == "[emerg] \(message)")
    }

    @Test func `what the directives mean`() throws {
        let loaded = try load(
            """
            ssl_certificate c.pem; ssl_certificate_key /k.pem; ssl_protocols TLSv1 TLSv1.2;
            ssl_ciphers ECDHE-RSA-AES128-GCM-SHA256; ssl_prefer_server_ciphers on; ssl_ecdh_curve X25519:P-256;
            ssl_session_cache builtin:10 shared:SSL:1m; ssl_session_timeout 1h; ssl_session_tickets off; ssl_password_file p;
            ssl_dhparam d.pem; ssl_stapling on; ssl_early_data on; http2 on;
            server { listen 81 ssl; listen [::]:81 ssl http2 ipv6only=on; listen unix:/s ssl; }
            server { listen 82; server_name a; ssl_certificate a.pem; ssl_certificate b.pem; ssl_certificate_key a; ssl_certificate_key b; }
            """)
        #expect(
            loaded.diagnostics.map(\.message) == [
                #""ssl_dhparam" directive has no effect: the key exchange has no finite field groups"#,
                #""ssl_stapling" directive has no effect: certificates are sent without the answer of an OCSP server"#,
                #""ssl_early_data" directive has no effect: data before the end of a handshake is not accepted"#,
                #""http2" directive has no effect: push-stream speaks HTTP/1, and says so to clients that ask"#,
                #""TLSv1" is not offered: it is not secure any more"#,
                #""http2" has no effect: push-stream speaks HTTP/1"#,
            ])
        let servers = loaded.engine.servers
        #expect(servers[0].listens.map(\.isTLS) == [true, true, true])
        #expect(servers[1].listens.map(\.isTLS) == [false])
        let settings = try #require(servers[0].tls)
        #expect(settings.certificates == [.init(certificate: "/etc/c.pem", key: "/k.pem")])
        #expect(settings.offersTLS12 && !settings.offersTLS13 && settings.prefersServerCiphers && !settings.sessionTickets)
        #expect(settings.ciphers == "ECDHE-RSA-AES128-GCM-SHA256" && settings.curves == "X25519:P-256")
        #expect(settings.cachedSessions == 4096 && settings.sessionTimeout == 3600 && settings.passwordFile == "/etc/p")
        #expect(servers[1].tls?.certificates.map(\.certificate) == ["/etc/a.pem", "/etc/b.pem"])
    }

    @Test func `certificates that cannot be used are told by -t and at the start`() async throws {
        let (one, two) = (try await TestCertificate(), try await TestCertificate())
        let rsa = try await TestCertificate(key: .rsa)
        let (certificate, key) = (one.certificateFile, one.privateKeyFile)
        let cases: [(certificate: String, key: String, more: String, message: String)] = [
            (
                "/none.pem", key, "",
                #"cannot load certificate "/none.pem": open() "/none.pem" failed (2: No such file or directory)"#
            ),
            (
                certificate, "/none.pem", "",
                #"cannot load certificate key "/none.pem": open() "/none.pem" failed (2: No such file or directory)"#
            ),
            (key, key, "", "cannot load certificate \"\(key)\": PEM_read_bio_X509() failed (SSL: error:"),
            (
                certificate, certificate, "",
                "cannot load certificate key \"\(certificate)\": PEM_read_bio_PrivateKey() failed (SSL: error:"
            ),
            (certificate, two.privateKeyFile, "", "SSL_CTX_use_PrivateKey(\"\(two.privateKeyFile)\") failed (SSL: error:"),
            (certificate, rsa.privateKeyFile, "", "SSL_CTX_use_PrivateKey(\"\(rsa.privateKeyFile)\") failed (SSL: error:"),
            (certificate, key, "ssl_ciphers nope;", #"SSL_CTX_set_cipher_list("nope") failed (SSL: error:"#),
            (certificate, key, "ssl_ecdh_curve nope;", #"SSL_CTX_set1_curves_list("nope") failed (SSL: error:"#),
            (certificate, key, "ssl_password_file /none;", #"open() "/none" failed (2: No such file or directory)"#),
        ]
        for test in cases {
            let program = try TestProgram(
                """
                events {} http { server { listen 127.0.0.1:0 ssl; \(test.more)
                ssl_certificate \(test.certificate); ssl_certificate_key \(test.key); } }
                """)
            let check = try await program.run("-t")
            #expect(check.status == .exited(1))
            #expect(check.errors.hasPrefix("push-stream: [emerg] \(test.message)"), "\(check.errors)")
            #expect(check.errors.hasSuffix(" test failed\n"))
            let start = try await program.run()
            #expect(
                start.status == .exited(1) && start.errors.hasPrefix("push-stream: [emerg] \(test.message)"), "\(start.errors)")
        }
    }

    @Test func `a key with a password`() async throws {
        let certificate = try await TestCertificate()
        let folder = try TemporaryDirectory()
        let openssl = try TestProcess(
            "openssl",
            arguments: [
                "pkey", "-in", certificate.privateKeyFile, "-aes256", "-passout", "pass:secret", "-out", folder.file("key.pem"),
            ])
        #expect(try await openssl.exit() == .exited(0))
        let servers = """
            ssl_password_file \(try folder.write("wrong\nsecret\n", to: "passwords"));
            server { listen 127.0.0.1:0 ssl; ssl_certificate \(certificate.certificateFile); return 200 ok;
            ssl_certificate_key \(folder.file("key.pem")); }
            """
        try await TLSEngine.run(servers) { server in
            let answer = try await server.get("/", try TLSEngine.trust(certificate))
            #expect(answer.hasSuffix("ok"))
        }
        let without = try TLSEngine.configuration(servers.replacing("ssl_password_file", with: "#"))
        let engine = PushStreamEngine(configuration: without, log: try .discarding())
        await #expect(throws: EngineError.self) { try await engine.start() }
    }
}

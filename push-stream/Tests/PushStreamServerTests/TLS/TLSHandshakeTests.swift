import NIOSSL
import PushTestSupport
import Testing

@testable import PushStreamServer

@Suite struct TLSHandshakeTests {
    /// All that a process has written when it has ended.
    private static func output(of process: TestProcess) async throws -> String {
        do {
            try await process.line { _ in false }
        } catch is ProcessEnded {
            // Both streams are closed.
        }
        return process.text
    }

    @Test func `variables tell of the encryption`() async throws {
        let certificate = try await TestCertificate()
        let server =
            "server { listen 127.0.0.1:0 ssl; listen 127.0.0.1:\(try freePort()); \(TLSEngine.pair(certificate)) %LOCATIONS% }"
        try await TLSEngine.run(server) { server in
            let trust = try TLSEngine.trust(certificate) { $0.applicationProtocols = ["h2", "http/1.1"] }
            let answer = try await server.get("/vars", trust)
            #expect(answer.contains("\r\n\r\nhttps,on,TLSv1.3,TLS_") && answer.hasSuffix(",localhost,.,http/1.1."))
            let old = try TLSEngine.trust(certificate) {
                $0.maximumTLSVersion = .tlsv12
                $0.cipherSuites = "ECDHE-ECDSA-AES128-GCM-SHA256"
            }
            #expect(
                try await server.get("/vars", old).hasSuffix("https,on,TLSv1.2,ECDHE-ECDSA-AES128-GCM-SHA256,localhost,.,."))
            #expect(try await server.get("/vars", nil, port: 1).hasSuffix("http,,,,,,."))
        }
    }

    /// A real client with the system's own library.
    @Test func `curl gets an answer`() async throws {
        let certificate = try await TestCertificate()
        try await TLSEngine.run(
            "server { listen 127.0.0.1:0 ssl; listen [::1]:0 ssl; \(TLSEngine.pair(certificate)) %LOCATIONS% }"
        ) { server in
            for (port, address) in zip(server.ports, ["127.0.0.1", "[::1]"]) {
                let curl = try TestProcess(
                    "curl",
                    arguments: [
                        "-sS", "--cacert", certificate.certificateFile, "--connect-to", "localhost::\(address):",
                        "https://localhost:\(port)/vars",
                    ])
                let text = try await Self.output(of: curl)
                #expect(text.hasPrefix("https,on,TLSv1.3,") && text.hasSuffix(",localhost,.,http/1.1."), "\(text)")
            }
        }
    }

    @Test func `the name that a client asks for chooses the certificate`() async throws {
        let (one, two) = (try await TestCertificate(name: "one.test"), try await TestCertificate(name: "two.test"))
        let servers = """
            server { listen 127.0.0.1:8765 ssl; server_name one.test; \(TLSEngine.pair(one)) return 200 one; }
            server { listen 127.0.0.1:8765 ssl; server_name two.test *.two.test; \(TLSEngine.pair(two)) return 200 two; }
            """.replacing("8765", with: "\(try freePort())")
        try await TLSEngine.run(servers) { server in
            // A client trusts one certificate only, and checks the name that it asked for.
            let first = try await server.get("/", try TLSEngine.trust(one), name: "one.test")
            #expect(first.hasSuffix("one"))
            let second = try await server.connect(try TLSEngine.trust(two), name: "two.test")
            try await second.send("GET / HTTP/1.1\r\nHost: two.test\r\nConnection: close\r\n\r\n")
            #expect(try await second.waitForClose().hasSuffix("two"))
            let unnamed = try TLSEngine.trust(one) { $0.certificateVerification = .noHostnameVerification }
            #expect(try await server.get("/", unnamed, name: nil).hasSuffix("one"))
            let unknown = try TLSEngine.trust(one) { $0.certificateVerification = .noHostnameVerification }
            #expect(try await server.get("/", unknown, name: "three.test").hasSuffix("one"))
            let wrong = try await server.connect(try TLSEngine.trust(one), name: "two.test")
            try await wrong.waitForClose()
            #expect(wrong.errors.contains { $0.contains("CERTIFICATE_VERIFY_FAILED") })
        }
    }

    @Test func `a client gets the certificate that it can verify`() async throws {
        let (ecdsa, rsa) = (try await TestCertificate(), try await TestCertificate(key: .rsa))
        let servers = "server { listen 127.0.0.1:0 ssl; \(TLSEngine.pair(ecdsa)) \(TLSEngine.pair(rsa)) return 200 ok; }"
        try await TLSEngine.run(servers) { server in
            #expect(try await server.get("/", try TLSEngine.trust(ecdsa)).hasSuffix("ok"))
            let old = try TLSEngine.trust(rsa) { $0.verifySignatureAlgorithms = [.rsaPssRsaeSha256] }
            #expect(try await server.get("/", old).hasSuffix("ok"))
        }
    }

    @Test func `handshakes may be refused by name`() async throws {
        let certificate = try await TestCertificate()
        let servers = """
            server { listen 127.0.0.1:8765 ssl; ssl_reject_handshake on; }
            server { listen 127.0.0.1:8765 ssl; server_name localhost t; \(TLSEngine.pair(certificate)) return 200 ok; }
            """.replacing("8765", with: "\(try freePort())")
        try await TLSEngine.run(servers) { server in
            let trust = try TLSEngine.trust(certificate)
            #expect(try await server.get("/", trust).hasSuffix("ok"))
            for name in ["other.test", nil] {
                let refused = try await server.connect(trust, name: name)
                try await refused.waitForClose()
                #expect(refused.errors.contains { $0.contains("UNRECOGNIZED_NAME") }, "\(refused.errors)")
            }
        }
    }

    @Test func `versions and protocols that are not offered are refused`() async throws {
        let certificate = try await TestCertificate()
        let servers = """
            ssl_protocols TLSv1.1 TLSv1.3;
            server { listen 127.0.0.1:0 ssl; \(TLSEngine.pair(certificate)) return 200 ok; }
            """
        try await TLSEngine.run(servers) { server in
            #expect(try await server.get("/", try TLSEngine.trust(certificate)).hasSuffix("ok"))
            for version in [TLSVersion.tlsv11, .tlsv12] {
                let old = try TLSEngine.trust(certificate) {
                    $0.minimumTLSVersion = .tlsv11
                    $0.maximumTLSVersion = version
                }
                let client = try await server.connect(old)
                try await client.waitForClose()
                #expect(client.errors.contains { $0.contains("PROTOCOL_VERSION") }, "\(client.errors)")
            }
            let other = try await server.connect(try TLSEngine.trust(certificate) { $0.applicationProtocols = ["h2"] })
            try await other.waitForClose()
            #expect(other.errors.contains { $0.contains("NO_APPLICATION_PROTOCOL") }, "\(other.errors)")
        }
    }

    /// The bytes are nginx's, but for the server's name and the date.
    @Test func `plain HTTP at a TLS address is told so`() async throws {
        let certificate = try await TestCertificate()
        try await TLSEngine.run(
            "server_tokens off; server { listen 127.0.0.1:0 ssl; \(TLSEngine.pair(certificate)) %LOCATIONS% }"
        ) { server in
            for target in ["/vars", "/ev/a"] {
                let answer = try await server.get(target, nil)
                #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\nServer: push-stream\r\n"))
                #expect(
                    answer.hasSuffix(
                        "Connection: close\r\n\r\n<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title>"
                            + "</head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center>\r\n"
                            + "<center>The plain HTTP request was sent to HTTPS port</center>\r\n"
                            + "<hr><center>push-stream</center>\r\n</body>\r\n</html>\r\n"))
            }
        }
    }

    @Test func `plain HTTP at a TLS address may be led to the right place`() async throws {
        let certificate = try await TestCertificate()
        try await TLSEngine.run(
            """
            server { listen 127.0.0.1:0 ssl; \(TLSEngine.pair(certificate)) error_page 497 https://$host$request_uri; %LOCATIONS% }
            """
        ) { server in
            let answer = try await server.get("/ev/a?b", nil)
            #expect(answer.hasPrefix("HTTP/1.1 302 Moved Temporarily\r\n") && answer.contains("Location: https://t/ev/a?b\r\n"))
        }
    }

    @Test func `sessions are taken up again`() async throws {
        let certificate = try await TestCertificate()
        let folder = try TemporaryDirectory()
        for (cache, version) in [
            ("", "-tls1_3"), ("", "-tls1_2"), ("ssl_session_tickets off; ssl_session_cache shared:SSL:1m;", "-tls1_2"),
        ] {
            let servers = "\(cache) server { listen 127.0.0.1:0 ssl; \(TLSEngine.pair(certificate)) %LOCATIONS% }"
            try await TLSEngine.run(servers) { server in
                func connect(_ option: String) async throws -> String {
                    let client = try TestProcess(
                        "sh",
                        arguments: [
                            "-c",
                            "printf 'GET /vars HTTP/1.1\\r\\nHost: t\\r\\nConnection: close\\r\\n\\r\\n' | openssl s_client -quiet "
                                + "-ign_eof \(version) \(option) \(folder.file("session")) "
                                + "-CAfile \(certificate.certificateFile) -connect 127.0.0.1:\(server.ports[0])",
                        ])
                    return try await Self.output(of: client)
                }
                let first = try await connect("-sess_out")
                #expect(first.contains(",.,."), "\(first)")
                let second = try await connect("-sess_in")
                #expect(second.contains(",r,."), "\(second)")
            }
        }
    }

    @Test func `a handshake that does not end is cut off`() async throws {
        let certificate = try await TestCertificate()
        try await TLSEngine.run(
            "client_header_timeout 200ms; server { listen 127.0.0.1:0 ssl; \(TLSEngine.pair(certificate)) return 200 ok; }"
        ) { server in
            let silent = try await server.connect(nil)
            let begun = try await server.connect(nil)
            // On a busy machine its time may be over before.
            try? await begun.send([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])
            for client in [silent, begun] { try await client.waitForClose() }
            // Whoever shakes hands and then says nothing is cut off, too.
            let idle = try await server.connect(try TLSEngine.trust(certificate))
            try await idle.waitForClose()
        }
    }

    @Test func `bytes that are no TLS end the connection and nothing else`() async throws {
        let certificate = try await TestCertificate()
        try await TLSEngine.run(
            "server { listen 127.0.0.1:0 ssl; \(TLSEngine.pair(certificate)) return 200 ok; }"
        ) { server in
            for length in [1, 5, 100, 20_000] {
                let client = try await server.connect(nil)
                try await client.send([0x16, 0x03, 0x01] + (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) })
                // The connection may be closed by then.
                try? await client.send([UInt8](repeating: 0x80, count: 20_000))
                try await client.waitForClose()
            }
            #expect(try await server.get("/", try TLSEngine.trust(certificate)).hasSuffix("ok"))
        }
    }

    @Test func `a reload renews the certificate and keeps who is connected`() async throws {
        let (old, new) = (try await TestCertificate(), try await TestCertificate())
        let text = "server { listen 127.0.0.1:8765 ssl; %PAIR% %LOCATIONS% }".replacing("8765", with: "\(try freePort())")
        try await TLSEngine.run(text.replacing("%PAIR%", with: TLSEngine.pair(old))) { server in
            let stream = try await server.subscribe("/ev/a", try TLSEngine.trust(old))
            let waiting = try await server.connect(try TLSEngine.trust(old))
            let configuration = try TLSEngine.configuration(text.replacing("%PAIR%", with: TLSEngine.pair(new)))
            try await server.engine.reload(configuration)
            try await server.publish("hello", to: "a", try TLSEngine.trust(new))
            try await stream.wait(for: "<hello>")
            await waiting.close()
            let broken = text.replacing("%PAIR%", with: TLSEngine.pair(new).replacing("key.pem", with: "none.pem"))
            let refused = try TLSEngine.configuration(broken)
            await #expect(throws: EngineError.self) { try await server.engine.reload(refused) }
            try await server.publish("still", to: "a", try TLSEngine.trust(new))
            try await stream.wait(for: "<still>")
        }
    }
}

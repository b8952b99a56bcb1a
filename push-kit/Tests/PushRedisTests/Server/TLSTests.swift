import PushRedis
import PushTestSupport
import Testing

extension ServerTests {
    @Suite struct TLSTests {
        @Test(arguments: ["127.0.0.1", "localhost"])
        func encrypted(host: String) async throws {
            var options = RedisServer.Options(password: "s3cret")
            let certificate = try await TestCertificate()
            options.certificate = certificate
            try await withRedisServer(options) { server async throws in
                let url = "rediss://:s3cret@\(host):\(server.port)/1?cafile=\(certificate.certificateFile)"
                try await withClient(url) { client async throws in
                    let big = [UInt8](repeating: 7, count: 3 << 20)
                    try await client.set("a", big)
                    #expect(try await client.get("a") == big)
                }
            }
        }

        @Test func aCertificateThatIsNotTrustedIsRefused() async throws {
            var options = RedisServer.Options()
            options.certificate = try await TestCertificate()
            let other = try await TestCertificate()
            try await withRedisServer(options) { server async throws in
                for file in [nil, other.certificateFile] {
                    let configure = { (configuration: inout RedisConfiguration) in
                        configuration.tls?.trustRootsFile = file
                        configuration.commandTimeout = .seconds(6)
                    }
                    try await withClient(server.url, configure: configure) { client async throws in
                        let error = await #expect(throws: RedisError.self) { try await client.ping() }
                        #expect(error?.code == .timeout)
                        #expect(error?.message.lowercased().contains("certificate") == true, "\(error.debugDescription)")
                    }
                }
            }
        }

        @Test func aCertificateFileThatDoesNotExistIsToldAtOnce() async throws {
            try await withClient("rediss://127.0.0.1:1?cafile=/does/not/exist.pem") { client async throws in
                let error = await #expect(throws: RedisError.self) { try await client.ping() }
                #expect(error?.code == .connection)
                #expect(error?.message.contains("certificates") == true)
            }
        }
    }
}

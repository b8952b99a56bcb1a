import PushTestSupport
import PushaasCurl
import PushaasTestSupport
import Synchronization
import Testing

@Suite("Calls through libcurl")
struct CurlClientTests {
    private let client = CurlClient(maximumConcurrency: 4)

    private func reason(_ body: () async throws -> Void) async -> CurlError.Reason? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? CurlError)?.reason
        }
    }

    @Test func aUnixSocketIsUsed() async throws {
        let directory = try TemporaryDirectory()
        let socket = directory.file("server.sock")
        let server = try await ScriptedServer(socket: socket) { _ in .json("{}") }
        var request = CurlRequest("POST", "http://docker/v1.41/things?a=b", body: Array("body".utf8))
        request.unixSocket = socket
        request.headers = [("X-One", "1")]
        let response = try await self.client.send(request)
        #expect(response.status == 200)
        #expect(response.text == "{}")
        #expect(response.headers["content-type"] == "application/json")
        let asked = try #require(server.requests.first)
        #expect(asked.method == "POST")
        #expect(asked.target == "/v1.41/things?a=b")
        #expect(asked.headers["host"] == "docker")
        #expect(asked.headers["x-one"] == "1")
        #expect(asked.text == "body")
    }

    @Test func aSocketThatIsNotThereIsNoConnection() async throws {
        var request = CurlRequest("GET", "http://docker/")
        request.unixSocket = try TemporaryDirectory().file("none.sock")
        #expect(await self.reason { _ = try await self.client.send(request) } == .notConnected)
    }

    @Test func aServerIsTrustedByItsAuthorityOnly() async throws {
        let certificate = try await TestCertificate()
        let port = try freePort()
        let server = try TestProcess(
            "openssl",
            arguments: [
                "s_server", "-accept", "127.0.0.1:\(port)", "-cert", certificate.certificateFile, "-key",
                certificate.privateKeyFile,
                "-www",
            ])
        try await server.line(containing: "ACCEPT")
        var request = CurlRequest("GET", "https://localhost:\(port)/")
        #expect(await self.reason { _ = try await self.client.send(request) } == .notConnected)
        request.tls.authorities = certificate.certificateFile
        #expect(try await self.client.send(request).status == 200)
        // The name is checked too.
        let other = try await TestCertificate(name: "other.example")
        request.tls.authorities = other.certificateFile
        #expect(await self.reason { _ = try await self.client.send(request) } == .notConnected)
    }

    @Test func aClientShowsItsCertificate() async throws {
        let certificate = try await TestCertificate()
        let port = try freePort()
        let server = try TestProcess(
            "openssl",
            arguments: [
                "s_server", "-accept", "127.0.0.1:\(port)", "-cert", certificate.certificateFile, "-key",
                certificate.privateKeyFile,
                "-Verify", "1", "-CAfile", certificate.certificateFile, "-verify_return_error", "-www",
            ])
        try await server.line(containing: "ACCEPT")
        var request = CurlRequest("GET", "https://localhost:\(port)/")
        request.tls.authorities = certificate.certificateFile
        #expect(await self.reason { _ = try await self.client.send(request) } != nil)
        request.tls.certificate = certificate.certificateFile
        request.tls.key = certificate.privateKeyFile
        #expect(try await self.client.send(request).status == 200)
        request.tls.certificate = "/nowhere.pem"
        #expect(await self.reason { _ = try await self.client.send(request) } == .invalidRequest)
    }

    @Test func aDeadlineEndsACall() async throws {
        let server = try await ScriptedServer { _ in .silence }
        let request = CurlRequest("GET", "http://127.0.0.1:\(server.port)/", timeout: .milliseconds(200))
        #expect(await self.reason { _ = try await self.client.send(request) } == .timedOut)
    }

    @Test func aCancelledTaskEndsItsCall() async throws {
        let server = try await ScriptedServer { _ in .silence }
        let request = CurlRequest("GET", "http://127.0.0.1:\(server.port)/", timeout: .seconds(600))
        let call = Task { try await self.client.send(request) }
        try await eventually { !server.requests.isEmpty }
        call.cancel()
        let result = try await withDeadline(.seconds(10), "the end of a cancelled call") { await call.result }
        #expect(throws: CurlError.self) { try result.get() }
        guard case .failure(let error as CurlError) = result else { return }
        #expect(error.reason == .cancelled)
    }

    @Test func anAnswerThatIsTooLargeIsRefused() async throws {
        let server = try await ScriptedServer { _ in .response(200, body: Array(repeating: 65, count: 2000)) }
        var request = CurlRequest("GET", "http://127.0.0.1:\(server.port)/")
        request.maximumBodySize = 1999
        #expect(await self.reason { _ = try await self.client.send(request) } == .badAnswer)
        request.maximumBodySize = 2000
        #expect(try await self.client.send(request).body.count == 2000)
    }

    @Test func connectionsAreKept() async throws {
        let server = try await ScriptedServer { _ in .json("{}") }
        for number in 1...5 {
            let request = CurlRequest("PUT", "http://127.0.0.1:\(server.port)/\(number)", body: Array("\(number)".utf8))
            #expect(try await self.client.send(request).status == 200)
        }
        #expect(server.connections == 1)
        #expect(server.requests.map(\.text) == ["1", "2", "3", "4", "5"])
    }

    @Test func nothingOfACallGoesIntoTheNext() async throws {
        let server = try await ScriptedServer { _ in .json("{}") }
        var first = CurlRequest("POST", "http://127.0.0.1:\(server.port)/1", body: Array("secret".utf8))
        first.basic = ("user", "password")
        first.headers = [("X-One", "1")]
        _ = try await self.client.send(first)
        _ = try await self.client.send(CurlRequest("GET", "http://127.0.0.1:\(server.port)/2"))
        #expect(server.requests[0].headers["authorization"] == "Basic dXNlcjpwYXNzd29yZA==")
        let second = server.requests[1]
        #expect(second.method == "GET")
        #expect(second.body.isEmpty)
        #expect(second.headers["authorization"] == nil)
        #expect(second.headers["x-one"] == nil)
    }

    @Test func answersWithoutABodyEnd() async throws {
        let server = try await ScriptedServer { request in
            request.method == "HEAD" ? .response(200, body: Array("not sent".utf8)) : .response(204)
        }
        let url = "http://127.0.0.1:\(server.port)/"
        let head = try await self.client.send(CurlRequest("HEAD", url))
        #expect(head.status == 200)
        #expect(head.headers["content-length"] == "8")
        #expect(head.body.isEmpty)
        let removed = try await self.client.send(CurlRequest("DELETE", url))
        #expect(removed.status == 204)
        #expect(removed.body.isEmpty)
        // An empty body is one, of no length; it is not waited for.
        let started = try await self.client.send(CurlRequest("POST", url, body: []))
        #expect(started.status == 204)
        #expect(server.requests.last?.headers["content-length"] == "0")
        #expect(server.connections == 1)
    }

    @Test func piecesAreJoined() async throws {
        let server = try await ScriptedServer { _ in
            .raw(
                "HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n4\r\n,two\r\n0\r\n\r\n"
            )
        }
        let response = try await self.client.send(CurlRequest("GET", "http://127.0.0.1:\(server.port)/"))
        #expect(response.status == 200)
        #expect(response.text == "one,two")
        #expect(response.headers["x-interim"] == nil)
    }

    @Test func piecesAreGivenAsTheyCome() async throws {
        let server = try await ScriptedServer { _ in .response(200, body: Array("progress".utf8)) }
        let received = Mutex<[UInt8]>([])
        var request = CurlRequest("GET", "http://127.0.0.1:\(server.port)/")
        request.onData = { bytes in received.withLock { $0.append(contentsOf: bytes) } }
        let response = try await self.client.send(request)
        #expect(response.body.isEmpty)
        #expect(received.withLock { $0 } == Array("progress".utf8))
    }

    @Test func aLostConnectionIsTold() async throws {
        let server = try await ScriptedServer { request in
            request.target == "/cut" ? .raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf") : .lost
        }
        let url = "http://127.0.0.1:\(server.port)"
        #expect(
            await self.reason { _ = try await self.client.send(CurlRequest("POST", url + "/", body: [1])) } == .connectionLost)
        let cut = CurlRequest("GET", url + "/cut", timeout: .milliseconds(300))
        #expect(await self.reason { _ = try await self.client.send(cut) } == .timedOut)
    }

    @Test func whatIsNoHTTPIsRefused() async throws {
        let server = try await ScriptedServer { _ in .raw("SSH-2.0-OpenSSH\r\n\r\n") }
        let request = CurlRequest("GET", "http://127.0.0.1:\(server.port)/", timeout: .seconds(5))
        #expect(await self.reason { _ = try await self.client.send(request) } == .badAnswer)
        #expect(await self.reason { _ = try await self.client.send(CurlRequest("GET", "file:///etc/passwd")) } == .invalidRequest)
    }

    @Test func redirectsAreAnswers() async throws {
        let server = try await ScriptedServer { _ in .response(302, headers: [("Location", "/elsewhere")]) }
        #expect(try await self.client.send(CurlRequest("GET", "http://127.0.0.1:\(server.port)/")).status == 302)
        #expect(server.requests.count == 1)
    }
}

import Foundation
import PushHealth
import PushTestSupport
import Testing

/// A server of one connection, which answers what it is told to, or never.
private final class OneAnswer: Sendable {
    let port: Int
    private let listener: Int32

    init(_ answer: String?) throws {
        self.port = try freePort()
        self.listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(self.port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(self.listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(status == 0 && listen(self.listener, 1) == 0)
        guard let answer else { return }
        let listener = self.listener
        Thread.detachNewThread {
            let connection = accept(listener, nil, nil)
            var question = [UInt8](repeating: 0, count: 1024)
            _ = recv(connection, &question, question.count, 0)
            let bytes = Array(answer.utf8)
            _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
            close(connection)
        }
    }

    deinit { close(self.listener) }
}

@Suite struct HealthProbeTests {
    private func ask(_ answer: String?, seconds: Int = 30) throws {
        let server = try OneAnswer(answer)
        try withExtendedLifetime(server) { try HealthProbe.ask(.init(host: "127.0.0.1", port: server.port), seconds: seconds) }
    }

    @Test(arguments: ["HTTP/1.1 200 OK\r\n\r\nok\n", "HTTP/1.0 204 No Content\r\n\r\n"])
    func `a service that answers is well`(answer: String) throws {
        try self.ask(answer)
    }

    @Test(arguments: [
        ("HTTP/1.1 503 Service Unavailable\r\n\r\n", "status 503"), ("HTTP/1.1 301 Moved\r\n\r\n", "status 301"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "the answer is not HTTP"), ("HTTP", "no answer"), ("", "no answer"),
    ])
    func `any other answer is a failure that says what came`(answer: String, complaint: String) {
        #expect(throws: HealthProbe.Failure(description: complaint)) { try self.ask(answer) }
    }

    @Test func `a service that takes connections and does not answer is not well`() {
        #expect(throws: HealthProbe.Failure(description: "no answer: timed out")) { try self.ask(nil, seconds: 1) }
    }

    @Test func `nobody there, and no such name`() throws {
        let port = try freePort()
        #expect(throws: HealthProbe.Failure(description: "cannot connect: Connection refused")) {
            try HealthProbe.ask(.init(host: "127.0.0.1", port: port))
        }
        #expect(throws: HealthProbe.Failure.self) { try HealthProbe.ask(.init(host: "no-such-host.invalid", port: port)) }
    }

    @Test func `where a service listens on every address it is asked on this machine`() {
        for every in ["0.0.0.0", "::", "", "*"] { #expect(HealthProbe.Address(host: every, port: 80).host == "localhost") }
        #expect(HealthProbe.Address(host: "10.0.0.1", port: 8080).description == "http://10.0.0.1:8080/healthz")
        #expect(HealthProbe.Address(url: "http://[::1]:9080/readyz") == .init(host: "::1", port: 9080, path: "/readyz"))
        #expect(HealthProbe.Address(url: "http://localhost") == .init(port: 80))
        for wrong in ["https://localhost/", "localhost:8080", "http://", ""] { #expect(HealthProbe.Address(url: wrong) == nil) }
    }

    @Test func `the exit status says well, not well, or a wrong command line`() throws {
        let server = try OneAnswer("HTTP/1.1 200 OK\r\n\r\n")
        let free = HealthProbe.Address(host: "127.0.0.1", port: try freePort())
        #expect(HealthProbe.run(program: "p", arguments: ["http://127.0.0.1:\(server.port)/healthz"], address: free) == 0)
        #expect(HealthProbe.run(program: "p", arguments: [], address: free) == 1)
        #expect(HealthProbe.run(program: "p", arguments: ["nonsense"], address: free) == 2)
        #expect(HealthProbe.run(program: "p", arguments: ["http://a/", "b"], address: free) == 2)
    }
}

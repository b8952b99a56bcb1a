import Hummingbird
import Testing

@Suite struct ExcessResponseTests {
    /// The handler answers without reading the body, which then turns out to be broken: one answer, and the process lives.
    @Test(arguments: [
        "Content-Length: 50\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhel",
    ])
    func brokenBodyBehindAnAnswer(rest: String) async throws {
        try await withServer { router in
            router.post("deaf") { _, _ in Response(status: .noContent) }
        } _: { port in
            for _ in 0..<20 {
                let answer = try await RawConnection.with(port: port) { connection in
                    try await connection.send("POST /deaf HTTP/1.1\r\nHost: a\r\n" + rest)
                    connection.closeOutput()
                    return await connection.readToEnd()
                }
                #expect(answer.ranges(of: "HTTP/1.1 ").count <= 1, "\(answer)")
            }
        }
    }
}

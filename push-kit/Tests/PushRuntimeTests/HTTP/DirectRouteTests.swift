import Foundation
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Synchronization
import Testing

@testable import PushRuntime

/// Takes bodies that begin with `direct`; those that begin with `direct-later` are answered when the test says so.
private final class SampleRoute: DirectRoute {
    let method = HTTPMethod.POST
    let path = "/sample"
    let maximumBodySize = 1000
    let fieldNames = ["X-Read"]
    private let later = Mutex<[@Sendable (DirectResponse) -> Void]>([])
    let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)

    func respond(to request: DirectRequest, _ answer: @escaping @Sendable (DirectResponse) -> Void) -> Bool {
        let text = String(buffer: request.body)
        guard text.hasPrefix("direct") else { return false }
        if text.hasPrefix("direct-later") {
            later.withLock { $0.append(answer) }
            arrived.yield()
        } else if text == "direct-error" {
            answer(DirectResponse(APIError(.serviceUnavailable, code: 7, message: "away", headers: [.retryAfter: "1"])))
        } else {
            answer(DirectResponse(status: .ok, headers: [("Content-Type", "text/plain; charset=utf-8")], body: Array(text.utf8)))
        }
        return true
    }

    /// Answers the oldest request that waits, from a thread that is no event loop's.
    func answerOne() {
        let answer = later.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        answer?(DirectResponse(status: .noContent, headers: [("X-Late", "yes")]))
    }
}

private func withSample<Result: Sendable>(
    limits: HTTPServerLimits = HTTPServerLimits(), registry: PrometheusRegistry = PrometheusRegistry(), logger: Logger = .quiet,
    _ body: @escaping @Sendable (SampleRoute, Int) async throws -> Result
) async throws -> Result {
    let route = SampleRoute()
    return try await withServer(limits: limits, directRoute: route, registry: registry, logger: logger) { router in
        router.post("sample") { request, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain; charset=utf-8"],
                body: ResponseBody(byteBuffer: try await request.body.collect(upTo: 10_000)))
        }
        router.get("other") { _, _ in "other" }
    } _: { port in
        try await body(route, port)
    }
}

private func post(_ body: String, headers: String = "") -> String {
    "POST /sample HTTP/1.1\r\nHost: a\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

private func names(_ response: String) -> Set<String> {
    Set(response.components(separatedBy: "\r\n").dropFirst().prefix { !$0.isEmpty }.map { $0.prefix { $0 != ":" }.lowercased() })
}

@Suite struct DirectRouteTests {
    @Test func answersHaveTheHeadersOfAllOthers() async throws {
        try await withSample { _, port in
            try await RawConnection.with(port: port) { connection in
                try await connection.send(post("direct", headers: "X-Request-ID: mine\r\n"))
                let direct = try await connection.readResponse()
                try await connection.send(post("routed", headers: "X-Request-ID: mine\r\n"))
                let routed = try await connection.readResponse()
                #expect(direct.hasPrefix("HTTP/1.1 200 OK\r\n") && direct.hasSuffix("\r\n\r\ndirect"))
                #expect(routed.hasPrefix("HTTP/1.1 200 OK\r\n") && routed.hasSuffix("\r\n\r\nrouted"))
                #expect(names(direct) == names(routed))
                for response in [direct, routed] {
                    #expect(response.lowercased().contains("\r\nx-request-id: mine\r\n"))
                    #expect(response.contains(/[Dd]ate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/))
                }
                try await connection.send(post("direct-error"))
                let error = try await connection.readResponse()
                #expect(error.hasPrefix("HTTP/1.1 503 ") && error.contains("Retry-After: 1\r\n"))
                #expect(error.hasSuffix("\r\n\r\n{\"code\":7,\"message\":\"away\"}"))
            }
        }
    }

    /// The route would take each of these bodies, and must not see it; that the router does shows in a body that it sends back whole.
    @Test(arguments: [
        post("routed"), post("routed", headers: "X-Request-ID: in/sane?\r\n"),
        post("direct" + String(repeating: "x", count: 1000)),
        "POST /sample HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n6\r\ndirect\r\n0\r\n\r\n",
        "POST /sample?a=b HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\ndirect",
    ])
    func whatIsNotPlainIsTheRouters(request: String) async throws {
        try await withSample { _, port in
            try await RawConnection.with(port: port) { connection in
                try await connection.send(request)
                let response = try await connection.readResponse()
                #expect(response.hasPrefix("HTTP/1.1 200 OK\r\n"))
                try await connection.send(post("direct"))
                #expect(try await connection.readResponse().hasSuffix("\r\n\r\ndirect"))
            }
        }
    }

    @Test func aMalformedRequestDoesNotOvertakeTheAnswerBeforeIt() async throws {
        try await withSample { route, port in
            try await RawConnection.with(port: port) { connection in
                let malformed = "POST /sample HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
                try await connection.send(post("direct-later") + malformed)
                for await _ in route.arrivals.prefix(1) {}
                route.answerOne()
                #expect(try await connection.readResponse().hasPrefix("HTTP/1.1 204 No Content\r\n"))
                #expect(try await connection.readResponse().hasPrefix("HTTP/1.1 400 "))
                // Nothing that follows can be read: the connection ends.
                #expect(await connection.readToEnd() == "")
            }
        }
    }

    @Test func pipelinedRequestsAreAnsweredInTheirOrder() async throws {
        try await withSample { route, port in
            try await RawConnection.with(port: port) { connection in
                let get = "GET /other HTTP/1.1\r\nHost: a\r\n\r\n"
                // What comes while the router owes a response is the router's too.
                try await connection.send(post("direct-1") + get + post("direct-2") + post("routed-3"))
                for end in ["direct-1", "other", "direct-2", "routed-3"] {
                    #expect(try await connection.readResponse().hasSuffix("\r\n\r\n\(end)"))
                }
                try await connection.send(post("direct-later") + get + post("direct-4"))
                for await _ in route.arrivals { break }
                // More arrives while that one is answered.
                try await connection.send(post("direct-5"))
                route.answerOne()
                #expect(try await connection.readResponse().hasPrefix("HTTP/1.1 204 "))
                for end in ["other", "direct-4", "direct-5"] {
                    #expect(try await connection.readResponse().hasSuffix("\r\n\r\n\(end)"))
                }
            }
        }
    }

    @Test func bodiesMayComeInParts() async throws {
        try await withSample { _, port in
            try await RawConnection.with(port: port) { connection in
                for body in ["direct-in-parts", "routed-in-parts"] {
                    for byte in Array(post(body).utf8) { try await connection.send([byte]) }
                    #expect(try await connection.readResponse().hasSuffix("\r\n\r\n\(body)"))
                }
            }
        }
    }

    @Test func aBodyThatDoesNotComeIsTheRoutersToo() async throws {
        var limits = HTTPServerLimits()
        limits.bodyTimeout = .milliseconds(100)
        try await withSample(limits: limits) { _, port in
            try await RawConnection.with(port: port) { connection in
                try await connection.send("POST /sample HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\ndirect")
                #expect(await connection.readToEnd().hasPrefix("HTTP/1.1 408 "))
            }
        }
    }

    @Test func aClientThatLeavesHarmsNobody() async throws {
        try await withSample { route, port in
            try await RawConnection.with(port: port) { connection in
                try await connection.send(post("direct-later"))
                for await _ in route.arrivals { break }
            }
            route.answerOne()
            try await RawConnection.with(port: port) { connection in
                try await connection.send(post("direct"))
                #expect(try await connection.readResponse().hasSuffix("\r\n\r\ndirect"))
            }
        }
    }

    @Test func connectionsCloseAfterTheAnswerThatTheClientAskedFor() async throws {
        try await withSample { _, port in
            try await RawConnection.with(port: port) { connection in
                try await connection.send(post("direct", headers: "Connection: close\r\n"))
                let response = await connection.readToEnd()
                #expect(response.lowercased().contains("\r\nconnection: close\r\n") && response.hasSuffix("\r\n\r\ndirect"))
            }
        }
    }

    @Test func aDrainWaitsForTheAnswer() async throws {
        let route = SampleRoute()
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let service = HTTPService(
            router: makeHTTPRouter(context: BasicRequestContext.self), address: .init(host: "127.0.0.1", port: 0),
            directRoute: route,
            logger: .quiet
        ) { listening.yield($0.port ?? 0) }
        let group = ServiceGroup(configuration: .init(services: [.init(service: service)], logger: .quiet))
        try await withDeadline {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                let port = try #require(await ports.first { _ in true })
                let (events, event) = AsyncStream.makeStream(of: String.self)
                tasks.addTask {
                    try await RawConnection.with(port: port) { connection in
                        try await connection.send(post("direct"))
                        event.yield(try await connection.readResponse())
                        event.yield(await connection.readToEnd())
                    }
                }
                try await RawConnection.with(port: port) { connection in
                    var idle = events.makeAsyncIterator()
                    #expect(await idle.next()?.hasSuffix("direct") == true)
                    try await connection.send(post("direct-later"))
                    for await _ in route.arrivals { break }
                    await group.triggerGracefulShutdown()
                    // The idle connection closes; the other one's request is still in progress.
                    #expect(await idle.next() == "")
                    route.answerOne()
                    let response = await connection.readToEnd()
                    #expect(response.hasPrefix("HTTP/1.1 204 ") && response.contains("X-Late: yes\r\n"))
                }
                try await tasks.waitForAll()
            }
        }
    }

    @Test func answersAreCountedAndLoggedAsAllOthers() async throws {
        let registry = PrometheusRegistry()
        let pipe = Pipe()
        let sink = LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor)
        let logger = Logger(label: "test") { LineLogHandler(label: $0, level: .info, format: .json, sink: sink) }
        try await withSample(registry: registry, logger: logger) { _, port in
            try await RawConnection.with(port: port) { connection in
                for body in ["direct", "routed"] {
                    try await connection.send(post(body, headers: "X-Request-ID: \(body)-id\r\n"))
                    _ = try await connection.readResponse()
                }
            }
        }
        pipe.fileHandleForWriting.closeFile()
        let lines = pipe.fileHandleForReading.readDataToEndOfFile().split(separator: 0x0A)
            .compactMap { try? JSONSerialization.jsonObject(with: Data($0)) as? [String: Any] }
            .filter { $0["message"] as? String == "request" }
        #expect(lines.map { $0["hb.request.id"] as? String } == ["direct-id", "routed-id"])
        #expect(lines.count == 2 && Set(lines[0].keys) == Set(lines[1].keys))
        for line in lines {
            #expect(line["method"] as? String == "POST" && line["path"] as? String == "/sample")
            #expect(line["status"] as? Int == 200 && line["bytes"] as? Int == 6)
        }
        let text = registry.render()
        #expect(text.contains(#"http_server_requests_total{method="POST",route="/sample",status="200"} 2"#))
        #expect(text.contains(#"http_server_request_duration_seconds_count{route="/sample"} 2"#))
    }

    @Test func idsOfRequestsDiffer() {
        let ids = Set((0..<10_000).map { _ in RequestIdentifier.make() })
        #expect(ids.count == 10_000)
        #expect(ids.allSatisfy { $0.wholeMatch(of: /[0-9a-f]{32}/) != nil })
    }

    @Test(arguments: [(784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT")])
    func dates(seconds: Int, text: String) {
        #expect(HTTPDateText.format(seconds: seconds) == text)
    }
}

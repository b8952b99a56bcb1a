import Hummingbird
import Logging
import NIOCore
import PushRuntime
import ServiceLifecycle
import Testing

@Suite struct DrainTests {
    @Test func requestsInProgressAreFinished() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let (releases, release) = AsyncStream.makeStream(of: Void.self)
        let (idleEvents, idleEvent) = AsyncStream.makeStream(of: String.self)
        let router = makeHTTPRouter(context: BasicRequestContext.self)
        router.get("slow") { _, _ in
            arrived.yield()
            for await _ in releases { break }
            return "done"
        }
        router.get("fast") { _, _ in "done" }
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let service = HTTPService(router: router, address: .init(host: "127.0.0.1", port: 0), logger: .quiet) {
            listening.yield($0.port ?? 0)
        }
        let group = ServiceGroup(configuration: .init(services: [.init(service: service)], logger: .quiet))

        try await withDeadline {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                let port = try #require(await ports.first { _ in true })
                tasks.addTask {
                    try await RawConnection.with(port: port) { connection in
                        try await connection.send("GET /fast HTTP/1.1\r\nHost: a\r\n\r\n")
                        idleEvent.yield(try await connection.readResponse())
                        idleEvent.yield(await connection.readToEnd())
                    }
                }
                try await RawConnection.with(port: port) { connection in
                    var idle = idleEvents.makeAsyncIterator()
                    #expect(await idle.next()?.hasSuffix("done") == true)
                    try await connection.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
                    for await _ in arrivals { break }
                    await group.triggerGracefulShutdown()
                    // The idle connection closes while the other's request is still in progress.
                    #expect(await idle.next() == "")
                    release.yield()
                    let answer = await connection.readToEnd()
                    #expect(answer.hasPrefix("HTTP/1.1 200 OK") && answer.hasSuffix("done"))
                }
                try await tasks.waitForAll()
            }
        }
    }
}

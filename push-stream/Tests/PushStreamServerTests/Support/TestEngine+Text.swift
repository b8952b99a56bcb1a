import NIOCore
import NginxConf
import PushTestSupport

@testable import PushStreamServer

extension TestEngine {
    /// Runs an engine with what stands in the `http` block of an nginx.conf; `%PORT%` is where its first server listens.
    ///
    /// - Parameter log: keeps messages, if given.
    static func run(
        http text: String, loops: Int = 1, log: ErrorLog? = nil, _ body: (TestEngine) async throws -> Void
    ) async throws {
        let conf = "worker_processes \(loops); events {} http { push_stream_shared_memory_size 1m; \(text) }"
            .replacing("%PORT%", with: "127.0.0.1:0")
        let configuration = try EngineConfiguration.load(contents: Array(conf.utf8), name: "/t.conf")
        let engine = PushStreamEngine(configuration: configuration, log: try log ?? .discarding())
        let addresses = try await engine.start()
        do {
            try await body(TestEngine(port: addresses.first?.port ?? 0, engine: engine))
        } catch {
            await engine.shutdown(gracePeriod: .zero)
            throw error
        }
        await engine.shutdown(gracePeriod: .zero)
    }
}

extension TransportTests {
    /// As the statistics' summary counts them.
    static func subscriberCount(_ server: TestEngine) async throws -> Int {
        let summary = try await server.get("/stats")
        return summary.components(between: "\"subscribers\": ", and: ",").first.flatMap { Int($0) } ?? -1
    }
}

import AsyncHTTPClient
import ServiceLifecycle

/// Ends the connections of the HTTP client when those that use it have stopped.
struct HTTPClientService: Service {
    let client: HTTPClient

    func run() async throws {
        // Thrown when it is cancelled, which is also an end.
        try? await gracefulShutdown()
        try await self.client.shutdown()
    }
}

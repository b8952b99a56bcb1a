import CAPIDocsKit
import CAdminKit
import CPushaasDescription
import Foundation
import Logging
import NIOCore
import PushAdmin
import PushRedis
import PushRuntime
import PushTestSupport
import PushaasCurl
import PushaasProvisioning
import PushaasTestProvider
import ServiceLifecycle
import Testing

@testable import PushaasServer

/// The HTTP server of pushaas as it is built, on a free port, with sign-in. No Redis is behind it.
func makePushaasHTTPService(
    onListening: @escaping @Sendable (SocketAddress) async -> Void = { _ in }
) throws -> HTTPService {
    let schema = PushaasConfiguration.schema(providerKeys: ProviderSelection.keys)
    let configuration = try PushaasConfiguration(
        schema.load(environment: [:], overrides: ["server.host": "127.0.0.1", "server.port": "0"]))
    let logger = CapturedLog().logger
    let folder = try TemporaryDirectory()
    let services = buildPushaas(
        configuration: configuration, provider: try PushaasTestProvider.FileProvider(folder: folder.path),
        redis: RedisClient(configuration: configuration.redis, logger: logger), registry: PrometheusRegistry(),
        drainState: DrainState(), logger: logger, onListening: onListening)
    return try #require(services.compactMap { $0 as? HTTPService }.first)
}

/// Runs `body` with the address of a pushaas as it is built.
private func withPushaas(_ body: @escaping @Sendable (_ url: String) async throws -> Void) async throws {
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
    let service = try makePushaasHTTPService { address in
        if let port = address.port { continuation.yield(port) }
    }
    let group = ServiceGroup(services: [service], logger: CapturedLog().logger)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask { try await group.run() }
        defer { tasks.cancelAll() }
        let port = try await withDeadline(.seconds(60), "pushaas to listen") {
            for await port in ports { return port }
            throw CancellationError()
        }
        try await body("http://127.0.0.1:\(port)")
    }
}

@Suite struct APIDocumentationTests {
    private let curl = CurlClient()

    private func get(_ url: String) async throws -> CurlResponse {
        try await self.curl.send(CurlRequest("GET", url, timeout: .seconds(60)))
    }

    @Test func servesTheDescriptionWithoutSignIn() async throws {
        try await withPushaas { url in
            let answer = try await self.get("\(url)/api/v1/openapi.json")
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "application/json")
            #expect(answer.body == Self.description?.content)
            // The server asks all others to sign in.
            #expect(try await self.get("\(url)/api/v1/plans").status == 401)
        }
    }

    @Test func servesThePageWithoutSignIn() async throws {
        try await withPushaas { url in
            let page = try await self.get("\(url)/api/docs")
            #expect(page.status == 200)
            #expect(page.headers["content-type"] == "text/html; charset=utf-8")
            #expect(page.text.contains("PushaaS") && !page.text.contains("{{"))
            let names = Set(page.text.matches(of: /(?:src|href)="([^"]+)"/).map { String($0.1) })
            let files = StaticFiles.embedded([adminKitFiles(), apiDocsFiles()]).files
            // All but the page itself.
            #expect(names.filter { $0.hasPrefix("/api/docs/") }.count == files.count - 1)
            for name in names { #expect(try await self.get(url + name).status == 200, "\(name)") }
        }
    }

    @Test func embedsTheDocumentOfTheWorkingCopy() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Sources/CPushaasDescription/openapi.json").standardizedFileURL
        #expect(Self.description.map { Data($0.content) } == (try Data(contentsOf: file)))
    }

    private static let description = StaticFiles.embedded([pushaasDescriptionFiles()]).files["openapi.json"]
}

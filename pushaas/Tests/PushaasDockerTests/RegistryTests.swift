import Foundation
import PushaasProvisioning
import Synchronization
import Testing

@testable import PushaasDocker

@Suite("Images of a registry that wants a user and a password")
struct RegistryTests {
    /// Makes characters in Base64 that have no place in a header of this kind.
    private static let password = "pä?>?>~~~ß÷ÿ"
    private static let registry = [
        "registry_server": "registry.example.com", "registry_user": "puller", "registry_password": password,
        "image_push_agent": "registry.example.com/agent", "image_push_api": "registry.example.com.other.example/api",
    ]

    @Test func thatRegistryAloneIsToldThem() async throws {
        let installation = try await FakeInstallation(Self.registry)
        installation.engine.state.withLock { _ = $0.images.remove("redis") }
        try await installation.run(try installation.provider.creationSteps(for: .test()), .test())
        let authorizations = installation.engine.state.withLock { $0.authorizations }
        // In the order of the steps: redis, agent, api.
        try #require(authorizations.count == 3)
        #expect(authorizations[0] == nil && authorizations[2] == nil)
        let text = try #require(authorizations[1])
        #expect(text.allSatisfy { $0.isLetter || $0.isNumber || "-_=".contains($0) })
        let json = try #require(Data(base64Encoded: text.replacing("-", with: "+").replacing("_", with: "/")))
        let told = try JSONDecoder().decode([String: String].self, from: json)
        #expect(told == ["username": "puller", "password": Self.password, "serveraddress": "registry.example.com"])
    }

    @Test(arguments: [
        (404, #"{"message":"pull access denied for agent"}"#, ProviderError.Kind.permanent, "pull access denied"),
        (500, #"{"message":"Get https://r/v2/: unauthorized: wrong password"}"#, .permanent, "unauthorized"),
        (500, #"{"message":"Get https://r/v2/: net/http: TLS handshake timeout"}"#, .temporary, "TLS handshake timeout"),
        (500, "", .temporary, "status 500"),
        (200, #"{"error":"denied: no pull access"}"#, .permanent, "no pull access"),
    ])
    func aRefusalIsToldWithoutThePassword(
        _ status: Int, _ answer: String, _ kind: ProviderError.Kind, _ words: String
    ) async throws {
        let installation = try await FakeInstallation(Self.registry)
        installation.engine.state.withLock { state in
            state.pullStatus = status
            state.pullAnswer = answer
        }
        do {
            try await installation.run(try installation.provider.creationSteps(for: .test()), .test())
            Issue.record("no error")
        } catch let error as ProviderError {
            #expect(error.kind == kind)
            #expect(error.message.hasPrefix("the image registry.example.com/agent cannot be pulled: "))
            #expect(error.message.contains(words) && !error.message.contains(Self.password))
        }
    }
}

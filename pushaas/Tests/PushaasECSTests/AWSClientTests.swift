import Foundation
import Logging
import PushModels
import PushaasCurl
import PushaasProvisioning
import Synchronization
import Testing

@testable import PushaasECS

/// Gives one credential after the other: the second when the first was refused.
private struct KeySource: CredentialSource {
    func credentials(renewed: Bool) async throws -> AWSCredentials {
        AWSCredentials(
            accessKeyID: renewed ? "AKIDSECOND" : "AKIDFIRST", secretAccessKey: "secret-key-zzz", sessionToken: "session-token")
    }
}

@Suite struct AWSClientTests {
    private func client(_ port: Int, attempts: Int = 4, timeout: Duration = .seconds(20), logger: Logger = .quiet) -> AWSClient {
        AWSClient(
            http: CurlClient(), credentials: KeySource(), region: "eu-west-1", endpoint: "http://127.0.0.1:\(port)",
            retry: RetryPolicy(attempts: attempts, base: .milliseconds(1), cap: .milliseconds(2)), timeout: timeout,
            logger: logger)
    }

    /// Answers one after the other, the last for ever, and keeps the requests.
    private final class Script: Sendable {
        let requests = Mutex<[FakeRequest]>([])
        private let answers: [FakeAnswer]
        init(_ answers: [FakeAnswer]) { self.answers = answers }
        func answer(_ request: FakeRequest) -> FakeAnswer {
            let index = self.requests.withLock { requests in
                requests.append(request)
                return requests.count - 1
            }
            return self.answers[min(index, self.answers.count - 1)]
        }
        var count: Int { self.requests.withLock { $0.count } }
    }

    @Test func aCallIsSignedForItsServiceAndRegion() async throws {
        let script = Script([.answer(200, #"{"clusters":[]}"#)])
        let answer = try await withFakeServer({ script.answer($0) }) { port in
            try await self.client(port).json(.ecs, "DescribeClusters", ["clusters": ["c"]])
        }
        #expect(answer == ["clusters": []])
        let request = try #require(script.requests.withLock { $0.first })
        #expect(request.method == "POST")
        #expect(request.path == "/")
        #expect(request.headers["x-amz-target"] == "AmazonEC2ContainerServiceV20141113.DescribeClusters")
        #expect(request.headers["content-type"] == "application/x-amz-json-1.1")
        #expect(request.headers["x-amz-security-token"] == "session-token")
        #expect(request.body == #"{"clusters":["c"]}"#)
        let authorization = try #require(request.headers["authorization"])
        #expect(authorization.hasPrefix("AWS4-HMAC-SHA256 Credential=AKIDFIRST/"))
        #expect(authorization.contains("/eu-west-1/ecs/aws4_request"))
        #expect(authorization.contains("x-amz-security-token"))
    }

    @Test func formsGoToQueryServicesAndXMLComesBack() async throws {
        let script = Script([
            .answer(200, "<GetRoleResponse><GetRoleResult><Role><Arn>arn:r</Arn></Role></GetRoleResult></GetRoleResponse>")
        ])
        let answer = try await withFakeServer({ script.answer($0) }) { port in
            try await self.client(port).query(.iam, "GetRole", QueryForm([("RoleName", "a b")]))
        }
        #expect(answer.find("Arn")?.text == "arn:r")
        let request = try #require(script.requests.withLock { $0.first })
        #expect(request.body == "Action=GetRole&Version=2010-05-08&RoleName=a%20b")
        // IAM's signatures name one region for all.
        #expect(request.headers["authorization"]?.contains("/us-east-1/iam/aws4_request") == true)
    }

    static let transient: [FakeAnswer] = [
        .close, .answer(500, "<html>"), .answer(503, ""), .answer(429, "{}"),
        .answer(400, #"{"__type":"ThrottlingException","message":"Rate exceeded"}"#),
        .answer(400, #"{"__type":"com.amazonaws.ecs#ServerException","message":"x"}"#),
        .answer(
            400, #"{"__type":"ClientException","message":"Too many concurrent attempts to create a new revision of the family."}"#
        ),
        .answer(
            400, "<Response><Errors><Error><Code>RequestLimitExceeded</Code><Message>x</Message></Error></Errors></Response>"),
    ]

    @Test(arguments: transient.indices)
    func whatMaySucceedInAMomentIsRepeated(index: Int) async throws {
        let script = Script([Self.transient[index], Self.transient[index], .answer(200, "{}")])
        try await withFakeServer({ script.answer($0) }) { port in
            _ = try await self.client(port).json(.ecs, "CreateService", [:])
        }
        #expect(script.count == 3)
    }

    @Test(arguments: transient.indices)
    func butNotForEver(index: Int) async throws {
        let script = Script([Self.transient[index]])
        let error = await #expect(throws: AWSError.self) {
            try await withFakeServer({ script.answer($0) }) { port in
                _ = try await self.client(port, attempts: 3).json(.ecs, "CreateService", [:])
            }
        }
        #expect(script.count == 3)
        #expect(error?.providerError.kind == .temporary)
    }

    @Test func aCallHasADeadline() async throws {
        let script = Script([.silence])
        let error = await #expect(throws: AWSError.self) {
            try await withFakeServer({ script.answer($0) }) { port in
                _ = try await self.client(port, attempts: 2, timeout: .seconds(2)).json(.ecs, "CreateService", [:])
            }
        }
        #expect(script.count == 2)
        #expect(error?.description == "Amazon ECS did not answer CreateService: no answer in time")
        #expect(error?.providerError.kind == .temporary)
    }

    @Test func nobodyThereIsTemporary() async throws {
        let port = try await withFakeServer({ _ in .close }) { $0 }
        let error = await #expect(throws: AWSError.self) {
            try await self.client(port, attempts: 2).json(.ecs, "CreateService", [:])
        }
        #expect(error?.providerError.kind == .temporary)
    }

    @Test func refusalsAreToldInASentenceWithAWSsCode() async throws {
        let script = Script([
            .answer(
                400, #"{"__type":"com.amazonaws.ecs#ClusterNotFoundException","message":"Cluster not found."}"#,
                headers: [("x-amzn-RequestId", "id-1")])
        ])
        let error = await #expect(throws: AWSError.self) {
            try await withFakeServer({ script.answer($0) }) { port in
                _ = try await self.client(port).json(.ecs, "CreateService", [:])
            }
        }
        #expect(script.count == 1)
        #expect(error?.description == "Amazon ECS refused CreateService (ClusterNotFoundException): Cluster not found")
        #expect(error?.providerError.kind == .permanent)
        #expect(error?.requestID == "id-1")
    }

    @Test func jsonServicesRefuseSignaturesInXML() async throws {
        let text = """
            <ErrorResponse><Errors><Error><Code>SignatureDoesNotMatch</Code><Message>It does not.</Message></Error></Errors>
            <RequestID>id-2</RequestID></ErrorResponse>
            """
        let error = await #expect(throws: AWSError.self) {
            try await withFakeServer({ _ in .answer(403, text) }) { port in
                _ = try await self.client(port).json(.ecs, "CreateService", [:])
            }
        }
        #expect(error?.code == "SignatureDoesNotMatch")
        #expect(error?.requestID == "id-2")
        #expect(error?.isTransient == false)
    }

    @Test func credentialsThatWereCutShortAreRenewedOnce() async throws {
        let expired = FakeAnswer.answer(400, #"{"__type":"ExpiredTokenException","message":"expired"}"#)
        let script = Script([expired, .answer(200, "{}")])
        try await withFakeServer({ script.answer($0) }) { port in
            _ = try await self.client(port).json(.ecs, "CreateService", [:])
        }
        let keys = script.requests.withLock { $0.map { $0.headers["authorization"]?.contains("AKIDSECOND") } }
        #expect(keys == [false, true])

        let refused = Script([expired])
        await #expect(throws: AWSError.self) {
            try await withFakeServer({ refused.answer($0) }) { port in
                _ = try await self.client(port).json(.ecs, "CreateService", [:])
            }
        }
        #expect(refused.count == 2)
    }

    @Test func anAnswerThatIsNoneIsAnError() async throws {
        for text in ["<html>", "{", "\u{0}"] {
            let error = await #expect(throws: AWSError.self) {
                try await withFakeServer({ _ in .answer(200, text) }) { port in
                    _ = try await self.client(port).json(.ecs, "CreateService", [:])
                }
            }
            #expect(error?.isTransient == false)
        }
    }

    @Test func allPagesAreRead() async throws {
        let answer = try await withFakeServer({ request in
            request.body.contains("two")
                ? .answer(200, #"{"arns":["c"],"nextToken":null}"#) : .answer(200, #"{"arns":["a","b"],"nextToken":"two"}"#)
        }) { port in
            try await self.client(port).pages(.ecs, "ListTasks", [:], items: "arns")
        }
        #expect(answer == ["a", "b", "c"])
    }

    @Test func cancellationEndsACallAtOnce() async throws {
        let (calls, continuation) = AsyncStream.makeStream(of: Void.self)
        await #expect(throws: CancellationError.self) {
            try await withFakeServer({ _ in
                continuation.yield()
                return .silence
            }) { port in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await self.client(port, timeout: .seconds(600)).json(.ecs, "CreateService", [:]) }
                    _ = await calls.first { true }
                    group.cancelAll()
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test func pausesGrowToTheirCapAndAreSpread() {
        let policy = RetryPolicy(attempts: 9, base: .milliseconds(100), cap: .seconds(2))
        for attempt in 1...40 {
            let pauses = (0..<200).map { _ in policy.pause(after: attempt) }
            let longest = min(Duration.seconds(2), .milliseconds(100) * (1 << min(attempt - 1, 10)))
            #expect(pauses.allSatisfy { $0 >= .zero && $0 <= longest })
            #expect(Set(pauses).count > 100)
        }
    }

    @Test func requestIDsAreLoggedAndSecretsAreNot() async throws {
        let lines = Mutex<[String]>([])
        let logger = Logger(label: "test") { _ in RecordingHandler { line in lines.withLock { $0.append(line) } } }
        let script = Script([
            .answer(400, #"{"__type":"ThrottlingException"}"#, headers: [("x-amzn-RequestId", "id-first")]),
            .answer(200, "{}", headers: [("x-amzn-RequestId", "id-second")]),
        ])
        try await withFakeServer({ script.answer($0) }) { port in
            _ = try await self.client(port, logger: logger).json(.secretsManager, "CreateSecret", ["SecretString": "hidden-zzz"])
        }
        let text = lines.withLock { $0.joined(separator: "\n") }
        #expect(text.contains("id-first"))
        #expect(text.contains("id-second"))
        #expect(!text.contains("zzz"))
        #expect(!text.contains("session-token"))
    }
}

private struct RecordingHandler: LogHandler {
    let record: @Sendable (String) -> Void
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    init(_ record: @escaping @Sendable (String) -> Void) { self.record = record }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) { self.record("\(event.message) \(event.metadata ?? [:])") }
}

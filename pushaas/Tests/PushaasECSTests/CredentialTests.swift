import Foundation
import PushTestSupport
import PushaasCurl
import Synchronization
import Testing

@testable import PushaasECS

@Suite struct CredentialTests {
    private static let document =
        #"{"AccessKeyId":"AKID","SecretAccessKey":"secret","Token":"token","Expiration":"2031-01-02T03:04:05Z"}"#

    private func client(_ port: Int) -> AWSClient {
        AWSClient(
            http: CurlClient(), credentials: CredentialChain([]), region: "eu-west-1", endpoint: "http://127.0.0.1:\(port)",
            retry: RetryPolicy(attempts: 3, base: .milliseconds(1), cap: .milliseconds(1)), timeout: .seconds(20), logger: .quiet)
    }

    @Test func theEnvironmentComesFirst() async throws {
        let environment = ["AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"]
        let found = try await EnvironmentCredentials(environment: environment).fetch()
        #expect(found == AWSCredentials(accessKeyID: "AKID", secretAccessKey: "secret", sessionToken: "token"))
        #expect(try await EnvironmentCredentials(environment: [:]).fetch() == nil)
        // Half of it is a mistake, and not a reason to be somebody else.
        await #expect(throws: CredentialError.self) {
            try await EnvironmentCredentials(environment: ["AWS_ACCESS_KEY_ID": "AKID"]).fetch()
        }
    }

    @Test func aWebIdentityIsExchangedWithoutASignature() async throws {
        let folder = try TemporaryDirectory()
        let file = try folder.write("the-token\n", to: "token")
        let requests = Mutex<[FakeRequest]>([])
        let answer = """
            <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
            <Credentials><AccessKeyId>AKID</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
            <Expiration>2031-01-02T03:04:05.5Z</Expiration></Credentials>
            </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>
            """
        let environment = ["AWS_ROLE_ARN": "arn:aws:iam::1:role/r", "AWS_WEB_IDENTITY_TOKEN_FILE": file]
        let found = try await withFakeServer({ request in
            requests.withLock { $0.append(request) }
            return .answer(200, answer)
        }) { port in
            try await WebIdentityCredentials(environment: environment, client: self.client(port)).fetch()
        }
        #expect(found?.accessKeyID == "AKID")
        #expect(found?.sessionToken == "token")
        #expect(found?.expiration == Date(timeIntervalSince1970: 1_925_089_445.5))
        let request = try #require(requests.withLock { $0.first })
        #expect(request.headers["authorization"] == nil)
        #expect(
            request.body == "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr"
                + "&RoleSessionName=pushaas&WebIdentityToken=the-token")
    }

    @Test func aWebIdentityThatIsRefusedIsAnError() async throws {
        let folder = try TemporaryDirectory()
        let file = try folder.write("secret-token-zzz", to: "token")
        let environment = ["AWS_ROLE_ARN": "arn:r", "AWS_WEB_IDENTITY_TOKEN_FILE": file]
        let refusal = "<ErrorResponse><Error><Code>InvalidIdentityToken</Code><Message>No.</Message></Error></ErrorResponse>"
        let error = await #expect(throws: CredentialError.self) {
            try await withFakeServer({ _ in .answer(400, refusal) }) { port in
                try await WebIdentityCredentials(environment: environment, client: self.client(port)).fetch()
            }
        }
        #expect(error?.description == "AWS STS refused AssumeRoleWithWebIdentity (InvalidIdentityToken): No")
        for broken in [["AWS_WEB_IDENTITY_TOKEN_FILE": file], ["AWS_ROLE_ARN": "r", "AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere"]] {
            await #expect(throws: CredentialError.self) {
                try await WebIdentityCredentials(environment: broken, client: self.client(1)).fetch()
            }
        }
        #expect(try await WebIdentityCredentials(environment: [:], client: self.client(1)).fetch() == nil)
    }

    @Test func aContainersEndpointIsAskedWithItsToken() async throws {
        let folder = try TemporaryDirectory()
        let file = try folder.write("from-file\n", to: "token")
        for (variables, token) in [
            (["AWS_CONTAINER_AUTHORIZATION_TOKEN": "from-variable"], "from-variable"),
            (["AWS_CONTAINER_AUTHORIZATION_TOKEN": "x", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": file], "from-file"), ([:], nil),
        ] as [([String: String], String?)] {
            let requests = Mutex<[FakeRequest]>([])
            let found = try await withFakeServer({ request in
                requests.withLock { $0.append(request) }
                return .answer(200, Self.document)
            }) { port in
                var environment = variables
                environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://127.0.0.1:\(port)/creds?x=1"
                return try await ContainerCredentials(environment: environment, http: CurlClient()).fetch()
            }
            #expect(found?.accessKeyID == "AKID")
            #expect(found?.expiration == Date(timeIntervalSince1970: 1_925_089_445))
            let request = try #require(requests.withLock { $0.first })
            #expect(request.path == "/creds?x=1")
            #expect(request.headers["authorization"] == token)
        }
    }

    @Test(arguments: [
        "http://example.com/creds", "http://127.0.0.1.example.com/", "http://169.254.169.254/", "ftp://127.0.0.1/", "nonsense",
        "http://",
        "http://127.1/",
    ])
    func aContainersEndpointOnAnotherMachineIsNotAsked(url: String) async throws {
        let environment = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": url]
        let error = await #expect(throws: CredentialError.self) {
            try await ContainerCredentials(environment: environment, http: CurlClient()).fetch()
        }
        #expect(error?.description.contains("neither https nor") == true)
    }

    @Test func aContainersTokenCannotAddHeaders() async throws {
        let environment = [
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "a\r\nX-B: c",
        ]
        let error = await #expect(throws: CredentialError.self) {
            try await ContainerCredentials(environment: environment, http: CurlClient()).fetch()
        }
        #expect(error?.description.contains("line ends") == true)
    }

    @Test(arguments: [(500, "{}", true), (404, "{}", false), (200, "{}", true), (200, "<html>", true)])
    func aContainersEndpointWithoutCredentialsIsAnError(status: Int, body: String, isTransient: Bool) async throws {
        let error = await #expect(throws: CredentialError.self) {
            try await withFakeServer({ _ in .answer(status, body) }) { port in
                let environment = ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:\(port)/"]
                return try await ContainerCredentials(environment: environment, http: CurlClient()).fetch()
            }
        }
        #expect(error?.isTransient == isTransient)
    }

    @Test func aMachinesRoleComesFromItsMetadataServiceVersion2() async throws {
        let found = try await withFakeServer({ request in
            switch (request.method, request.path) {
            case ("PUT", "/latest/api/token") where request.headers["x-aws-ec2-metadata-token-ttl-seconds"] == "21600":
                .answer(200, "metadata-token")
            case ("GET", _) where request.headers["x-aws-ec2-metadata-token"] != "metadata-token": .answer(401, "")
            case ("GET", "/latest/meta-data/iam/security-credentials/"): .answer(200, "the-role\n")
            case ("GET", "/latest/meta-data/iam/security-credentials/the-role"): .answer(200, Self.document)
            default: .answer(404, "")
            }
        }) { port in
            try await InstanceCredentials(
                environment: ["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:\(port)/"], http: CurlClient()
            ).fetch()
        }
        #expect(found?.accessKeyID == "AKID")
    }

    @Test func amachineWithoutARoleHasNone() async throws {
        for answers in [["PUT": 404], ["PUT": 200, "GET": 404]] {
            let found = try await withFakeServer({ .answer(answers[$0.method] ?? 500, "x") }) { port in
                try await InstanceCredentials(
                    environment: ["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:\(port)"], http: CurlClient()
                ).fetch()
            }
            #expect(found == nil)
        }
        #expect(
            try await InstanceCredentials(environment: ["AWS_EC2_METADATA_DISABLED": "True"], http: CurlClient()).fetch() == nil)
    }

    // MARK: The chain

    /// A place that gives what a test wants, and counts.
    private final class Place: CredentialProvider {
        let fetches = Atomic(0)
        let result: @Sendable (Int) throws -> AWSCredentials?
        init(_ result: @escaping @Sendable (Int) throws -> AWSCredentials?) { self.result = result }
        func fetch() async throws -> AWSCredentials? {
            try self.result(self.fetches.wrappingAdd(1, ordering: .relaxed).newValue)
        }
    }

    private static func key(_ id: String, until: TimeInterval? = nil) -> AWSCredentials {
        AWSCredentials(accessKeyID: id, secretAccessKey: "s", expiration: until.map { Date(timeIntervalSince1970: $0) })
    }

    @Test func theFirstPlaceWinsAndAFailureIsNotPassedBy() async throws {
        let empty = Place { _ in nil }
        let first = Place { _ in Self.key("first") }
        let second = Place { _ in Self.key("second") }
        #expect(try await CredentialChain([empty, first, second]).credentials(renewed: false).accessKeyID == "first")
        #expect(second.fetches.load(ordering: .relaxed) == 0)

        let broken = Place { _ in throw CredentialError("broken") }
        await #expect(throws: CredentialError.self) { try await CredentialChain([broken, second]).credentials(renewed: false) }
        #expect(second.fetches.load(ordering: .relaxed) == 0)

        let error = await #expect(throws: CredentialError.self) { try await CredentialChain([empty]).credentials(renewed: false) }
        #expect(error?.description.contains("there are no AWS credentials") == true)
    }

    @Test func theyAreKeptUntilFiveMinutesBeforeTheirEnd() async throws {
        let now = Mutex<TimeInterval>(0)
        let place = Place { count in
            // The third answer never comes.
            if count == 3 { throw CredentialError("no answer", isTransient: true) }
            return Self.key("key-\(count)", until: Double(count) * 1000)
        }
        let chain = CredentialChain([place]) { Date(timeIntervalSince1970: now.withLock { $0 }) }
        func key(at time: TimeInterval, renewed: Bool = false) async throws -> String {
            now.withLock { $0 = time }
            return try await chain.credentials(renewed: renewed).accessKeyID
        }
        #expect(try await key(at: 0) == "key-1")
        #expect(try await key(at: 699) == "key-1")
        #expect(try await key(at: 700) == "key-2")
        #expect(try await key(at: 1699) == "key-2")
        // What is known still holds, so a place that is silent for a moment does no harm.
        #expect(try await key(at: 1700) == "key-2")
        #expect(try await key(at: 1701) == "key-4")
        // Refused although they should hold.
        #expect(try await key(at: 1702, renewed: true) == "key-5")
    }

    /// A machine's metadata service that does not answer looks like a machine without one.
    @Test func aPlaceThatIsSilentForAWhileEndsNothingForGood() async throws {
        let now = Mutex<TimeInterval>(0)
        let place = Place { count in count == 1 ? Self.key("first", until: 1000) : nil }
        let chain = CredentialChain([place]) { Date(timeIntervalSince1970: now.withLock { $0 }) }
        #expect(try await chain.credentials(renewed: false).accessKeyID == "first")
        now.withLock { $0 = 900 }
        #expect(try await chain.credentials(renewed: false).accessKeyID == "first")
        now.withLock { $0 = 1000 }
        let error = await #expect(throws: CredentialError.self) { try await chain.credentials(renewed: false) }
        #expect(error?.isTransient == true)
    }
}

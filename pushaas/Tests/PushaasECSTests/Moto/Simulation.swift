import Foundation
import Logging
import PushModels
import PushRuntime
import PushTestSupport
import PushaasCurl
import PushaasProvisioning
import Testing

@testable import PushaasECS

/// The AWS of `integration-tests/aws`: signatures are checked, requests are validated against botocore's models, and services run.
struct Simulation: Sendable {
    static let accessKey = "AKIDSIMULATION0000001"
    static let secretKey = "a secret of the simulation"
    private static let http = CurlClient()

    let url: String
    /// What is there before the provider comes.
    var subnets = ""
    var securityGroup = ""
    var vpc = ""

    struct NotPrepared: Error, CustomStringConvertible {
        let path: String
        var description: String { "\(self.path) is not there: run scripts/prepare-moto and scripts/build, which make test does" }
    }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// Starts it on a free port, makes a cluster and a network in it, and ends it with all its tasks after the body.
    static func run(_ body: @Sendable (Simulation) async throws -> Void) async throws {
        let given = ProcessInfo.processInfo.environment["PUSH_BINARIES"] ?? ""
        let binaries = given.isEmpty ? "\(self.root)/.build/release" : given
        let python = URL(filePath: binaries).deletingLastPathComponent().path + "/moto/bin/python"
        for path in [python, "\(binaries)/push-api", "\(binaries)/push-stream", "\(binaries)/push-agent"]
        where !FileManager.default.isExecutableFile(atPath: path) {
            throw NotPrepared(path: path)
        }
        let folder = try TemporaryDirectory()
        let process = try TestProcess(
            python,
            arguments: ["\(self.root)/integration-tests/aws/server.py", "--binaries", binaries, "--work", folder.path],
            environment: ["PYTHONDONTWRITEBYTECODE": "1"])
        let result: Result<Void, any Error>
        do {
            let line = try await process.line(containing: "listening on ", within: .seconds(120))
            var simulation = Simulation(url: "http://127.0.0.1:\(line.text.dropFirst("listening on ".count))")
            try await simulation.prepare()
            do {
                result = .success(try await body(simulation))
            } catch {
                // Why a program did not come up is in what it wrote.
                let tasks = (try? await simulation.control("tasks"))?.prettyText ?? ""
                Issue.record("the tasks were: \(tasks)")
                throw error
            }
        } catch {
            result = .failure(error)
        }
        try await process.terminate(within: .seconds(60))
        try result.get()
    }

    private mutating func prepare() async throws {
        let aws = try self.provider().aws
        try await aws.json(.ecs, "CreateCluster", ["clusterName": "pushaas-cluster"])
        try await aws.query(
            .iam, "CreateRole", QueryForm([("RoleName", "ecsTaskExecutionRole"), ("AssumeRolePolicyDocument", "{}")]))
        let network = try await aws.query(.ec2, "CreateVpc", QueryForm([("CidrBlock", "10.0.0.0/16")]))
        self.vpc = network.find("vpcId")?.text ?? ""
        for index in 1...2 {
            let subnet = try await aws.query(
                .ec2, "CreateSubnet",
                QueryForm([
                    ("VpcId", self.vpc), ("CidrBlock", "10.0.\(index).0/24"),
                    ("AvailabilityZone", "eu-west-1\(index == 1 ? "a" : "b")"),
                ]))
            self.subnets += (index == 1 ? "" : ",") + (subnet.find("subnetId")?.text ?? "")
        }
        let group = try await aws.query(
            .ec2, "CreateSecurityGroup",
            QueryForm([("GroupName", "push"), ("GroupDescription", "push"), ("VpcId", self.vpc)]))
        self.securityGroup = group.find("groupId")?.text ?? ""
        try await aws.json(.cloudMap, "CreatePrivateDnsNamespace", ["Name": "push.internal", "Vpc": .string(self.vpc)])
    }

    /// - Returns: The ARN.
    func createLoadBalancer(_ name: String, type: String) async throws -> String {
        var form = QueryForm([("Name", name), ("Type", type)])
        for (index, subnet) in self.subnets.split(separator: ",").enumerated() {
            form.set("Subnets.member.\(index + 1)", String(subnet))
        }
        let answer = try await self.provider().aws.query(.loadBalancing, "CreateLoadBalancer", form)
        return answer.find("LoadBalancerArn")?.text ?? ""
    }

    func provider(_ values: [String: String] = [:], environment: [String: String]? = nil) throws -> ECSProvider {
        var all = [
            "endpoint": self.url, "poll_interval": "100ms", "deployment_timeout": "3m",
            "image_push_api": "registry.test/push-api:1",
            "image_push_agent": "registry.test/push-agent:1", "image_push_stream": "registry.test/push-stream:1",
            "image_push_redis": "registry.test/push-redis:1",
        ]
        if !self.subnets.isEmpty {
            all["subnet"] = self.subnets
            all["security_group"] = self.securityGroup
        }
        all.merge(values) { $1 }
        return ECSProvider(
            configuration: try .test(all), installation: "pushaas-a", logger: .quiet,
            environment: environment ?? ["AWS_ACCESS_KEY_ID": Self.accessKey, "AWS_SECRET_ACCESS_KEY": Self.secretKey],
            retry: RetryPolicy(attempts: 4, base: .milliseconds(50), cap: .seconds(1)), http: Self.http)
    }

    /// Asks the simulation itself, or tells it what to do: see its README.
    @discardableResult
    func control(_ name: String, _ body: JSONValue? = nil) async throws -> JSONValue {
        var request = CurlRequest(
            body == nil ? "GET" : "POST", "\(self.url)/_control/\(name)", body: body.map { Array($0.text.utf8) },
            timeout: .seconds(120))
        if body != nil { request.headers = [(name: "Content-Type", value: "application/json")] }
        let answer = try await Self.http.send(request)
        guard answer.status == 200, let value = JSONValue(answer.body) else {
            throw ProviderError(.permanent, "the simulation answered \(answer.status): \(answer.text)")
        }
        return value
    }

    /// What is left of instances, by kind. Logs stay, as they are meant to.
    func leftovers() async throws -> [String] {
        guard case .object(let kinds) = try await self.control("leftovers") else { return ["?"] }
        return kinds.filter { $0.key != "logStreams" }.flatMap { kind, list in list.elements.map { "\(kind): \($0.text)" } }
            .sorted()
    }

    /// The actions that were called, each once, of the services that the provider calls.
    func actions() async throws -> Set<String> {
        Set(try await self.control("calls")["calls"]?.elements.compactMap { $0["action"]?.string } ?? [])
    }

    /// The running tasks' addresses, by component.
    func addresses(_ specification: InstanceSpecification, _ component: Component) async throws -> [String] {
        try await self.control("tasks")["tasks"]?.elements.filter {
            $0["family"]?.string == component.name(specification) && $0["status"]?.string == "RUNNING"
        }.compactMap { $0["address"]?.string } ?? []
    }
}

/// What applications and browsers do with an instance.
struct InstanceUser: Sendable {
    private static let http = CurlClient()
    let specification: InstanceSpecification

    func publish(_ text: String, at api: String) async throws {
        var request = CurlRequest(
            "POST", "\(api)/api/v1/messages", body: Array(#"{"channels":["news"],"content":"\#(text)"}"#.utf8))
        request.headers = [(name: "Content-Type", value: "application/json")]
        request.basic = (self.specification.secrets.apiUser, self.specification.secrets.apiPassword)
        let answer = try await Self.http.send(request)
        guard answer.status == 204 else { throw ProviderError(.permanent, "publishing: \(answer.status) \(answer.text)") }
    }

    /// The last messages of the channel, as a subscriber gets them who comes now.
    func history(at stream: String) async throws -> String {
        let answer = try await Self.http.send(CurlRequest("GET", "\(stream)/lp/news.b10", timeout: .seconds(60)))
        return answer.text
    }
}

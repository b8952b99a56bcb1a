import Foundation
import PushModels
import PushTestSupport
import PushaasProvisioning
import Testing

@testable import PushaasECS

/// What `pushaas print-ecs` prints can be used as its README says. That the files in the repository are what it prints is tested with the
/// program, by PrintECSTests.
@Suite(.serialized) struct ECSDocumentTests {
    @Test func whatIsPrintedIsWhatTheProviderSends() throws {
        let documents = try ECSDocuments(plan: .small)
        let configuration = try ECSConfiguration.test([
            "region": "${REGION}", "cluster": "${CLUSTER}", "subnet": "${SUBNET_1}, ${SUBNET_2}",
            "security_group": "${SECURITY_GROUP}",
            "dns_namespace": "${NAMESPACE}", "logs_group": "${LOG_GROUP}", "image_push_api": "${IMAGE_PUSH_API}",
            "image_push_agent": "${IMAGE_PUSH_AGENT}", "image_push_stream": "${IMAGE_PUSH_STREAM}",
            "image_push_redis": "${IMAGE_PUSH_REDIS}", "redis.mode": "efs", "redis.efs_file_system": "${EFS_FILE_SYSTEM}",
            "redis.efs_access_point": "${EFS_ACCESS_POINT}",
        ])
        let templates = ECSTemplates(configuration: configuration, installation: "${INSTALLATION}")
        let specification = try InstanceSpecification.test()
        let inputs = ECSTemplates.Inputs(
            secretARN: "${SECRET_ARN}", executionRole: "${EXECUTION_ROLE_ARN}", streamURL: "${PUSH_STREAM_URL}")
        for component in Component.allCases {
            let sent = try templates.taskDefinition(component, specification, inputs)
            let printed = try #require(documents.document(named: "\(component.rawValue).task-definition.json")).content
            guard case .object(let members) = sent else { throw ProviderError(.permanent, "no object") }
            for (name, value) in members where name != "tags" {
                let text = value.text.replacing(specification.resourceName, with: "${PREFIX}")
                    .replacing(specification.id.rawValue, with: "${PREFIX}")
                #expect(printed[name]?.text == text)
            }
        }
    }

    @Test func everyDocumentWorksOnceItsPlaceholdersAreFilled() async throws {
        try await Simulation.run { aws in
            let client = try aws.provider().aws
            let filler = try await Filler(aws)
            for folder in ["push-service/ecs", "pushaas/ecs"] {
                var filler = filler
                let documents = try ECSDocuments(plan: .small).documents.filter { $0.folder == folder }
                let secret = try #require(documents.first { $0.name.hasSuffix(".secret") })
                let made = try await client.json(.secretsManager, "CreateSecret", filler.fill(secret))
                filler.values["SECRET_ARN"] = made["ARN"]?.string
                for document in documents where document.name.hasSuffix(".cloud-map") {
                    let service = try await client.json(.cloudMap, "CreateService", filler.fill(document))
                    let component = document.name.dropLast(".cloud-map".count).uppercased().replacing("-", with: "_")
                    filler.values["\(component)_REGISTRY_ARN"] = service["Service"]?["Arn"]?.string
                }
                for document in documents where document.name.hasSuffix(".task-definition") {
                    let made = try await client.json(.ecs, "RegisterTaskDefinition", filler.fill(document))
                    #expect(made["taskDefinition"]?["revision"]?.int == 1)
                }
                for document in documents where document.name.hasSuffix(".service") {
                    let made = try await client.json(.ecs, "CreateService", filler.fill(document))
                    #expect(made["service"]?["desiredCount"]?.int == 1)
                }
            }
        }
    }
}

/// What a person does who follows the README: fills in the placeholders.
private struct Filler {
    var values: [String: String]

    init(_ aws: Simulation) async throws {
        let client = try aws.provider().aws
        let namespaces = try await client.json(.cloudMap, "ListNamespaces", [:])
        let subnets = aws.subnets.split(separator: ",").map(String.init)
        self.values = [
            "REGION": "eu-west-1", "CLUSTER": "pushaas-cluster", "SUBNET_1": subnets[0], "SUBNET_2": subnets[1],
            "SECURITY_GROUP": aws.securityGroup, "NAMESPACE": "push.internal", "LOG_GROUP": "/push", "PREFIX": "byhand",
            "NAMESPACE_ID": namespaces["Namespaces"]?.elements.first?["Id"]?.string ?? "", "INSTALLATION": "by-hand",
            "EXECUTION_ROLE_ARN": "arn:aws:iam::123456789012:role/ecsTaskExecutionRole", "API_USER": "app",
            "API_PASSWORD": "secret-a",
            "REDIS_PASSWORD": "secretb", "PUSH_STREAM_URL": "https://push.example.com", "EFS_FILE_SYSTEM": "fs-0123456789abcdef0",
            "EFS_ACCESS_POINT": "fsap-0123456789abcdef0", "PUSHAAS_ROLE_ARN": "arn:aws:iam::123456789012:role/pushaas",
        ]
        try await client.json(.logs, "CreateLogGroup", ["logGroupName": "/push"])
        let balancer = try await aws.createLoadBalancer("by-hand", type: "network")
        for (index, component) in ["PUSH_API", "PUSH_AGENT", "PUSH_STREAM", "PUSH_REDIS", "PUSHAAS"].enumerated() {
            let image = component.lowercased().replacing("_", with: "-")
            self.values["IMAGE_\(component)"] = "registry.test/\(image):1"
            let group = try await client.query(
                .loadBalancing, "CreateTargetGroup",
                QueryForm([
                    ("Name", image), ("Protocol", "TCP"), ("Port", "9080"), ("VpcId", aws.vpc), ("TargetType", "ip"),
                ]))
            let arn = group.find("TargetGroupArn")?.text ?? ""
            self.values["\(component)_TARGET_GROUP_ARN"] = arn
            // ECS takes only groups that a load balancer sends to.
            try await client.query(
                .loadBalancing, "CreateListener",
                QueryForm([
                    ("LoadBalancerArn", balancer), ("Protocol", "TCP"), ("Port", "\(20_000 + index)"),
                    ("DefaultActions.member.1.Type", "forward"), ("DefaultActions.member.1.TargetGroupArn", arn),
                ]))
        }
    }

    func fill(_ document: ECSDocuments.Document) throws -> JSONValue {
        var text = document.text
        for (name, value) in self.values { text = text.replacing("${\(name)}", with: value) }
        #expect(!text.contains("${"), "\(document.name) has a placeholder that nobody fills in: \(text)")
        return try #require(JSONValue(Array(text.utf8)))
    }
}

import Foundation
import PushModels

@testable import PushaasECS

extension FakeState {
    mutating func json(_ call: FakeCall) throws -> JSONValue {
        switch call.service {
        case .ecs: try self.ecs(call)
        case .cloudMap: try self.cloudMap(call)
        case .secretsManager: try self.secretsManager(call)
        case .logs: try self.logs(call)
        default: throw FakeError(code: "UnknownOperation")
        }
    }

    private mutating func ecs(_ call: FakeCall) throws -> JSONValue {
        switch call.action {
        case "DescribeClusters": return ["clusters": [["status": call.body["clusters"] == ["gone"] ? "INACTIVE" : "ACTIVE"]]]
        case "RegisterTaskDefinition": return self.register(call.body)
        case "ListTaskDefinitions":
            let isActive = call["status"] == "ACTIVE"
            let arns = self.definitions.filter {
                $0.isActive == isActive && $0.arn.contains("/\(call["familyPrefix"])")
            }.map { JSONValue.string($0.arn) }
            return ["taskDefinitionArns": .array(arns.reversed())]
        case "ListTaskDefinitionFamilies":
            let families = Set(self.definitions.filter(\.isActive).compactMap { TaskDefinitions.family(of: $0.arn) })
            return ["families": .array(families.sorted().map(JSONValue.string))]
        case "DescribeTaskDefinition":
            let name = call["taskDefinition"]
            guard
                let found = self.definitions.last(where: {
                    $0.arn == name || ($0.isActive && TaskDefinitions.family(of: $0.arn) == name)
                })
            else { throw FakeError(code: "ClientException", message: "Unable to describe task definition.") }
            return ["taskDefinition": ["taskDefinitionArn": .string(found.arn)], "tags": found.body["tags"] ?? []]
        case "DeregisterTaskDefinition":
            for index in self.definitions.indices where self.definitions[index].arn == call["taskDefinition"] {
                self.definitions[index].isActive = false
            }
            return [:]
        case "DeleteTaskDefinitions":
            let arns = call.body["taskDefinitions"]?.strings ?? []
            guard arns.count <= 10 else { throw FakeError(code: "InvalidParameterException") }
            // As for one that was deleted already.
            guard self.definitions.contains(where: { !$0.isActive && arns.contains($0.arn) }) else {
                throw FakeError(code: "ClientException", message: "The specified task definition does not exist.")
            }
            self.definitions.removeAll { !$0.isActive && arns.contains($0.arn) }
            return [:]
        case "CreateService": return try self.createService(call)
        case "UpdateService":
            guard var service = self.services[call["service"]] else { throw FakeError(code: "ServiceNotFoundException") }
            if service.definition != call["taskDefinition"] { service.before = service.definition }
            service.definition = call["taskDefinition"]
            service.desired = call.body["desiredCount"]?.int ?? 0
            service.looks = 0
            self.services[call["service"]] = service
            return [:]
        case "DescribeServices": return self.describeServices(call.body["services"]?.strings ?? [])
        case "DeleteService":
            guard let service = self.services.removeValue(forKey: call["service"]) else {
                throw FakeError(code: "ServiceNotFoundException")
            }
            // One instance is left behind, as when ECS has not come to it yet.
            self.instances[service.registry] = ["left-behind"]
            return [:]
        case "ListServices": return ["serviceArns": .array(self.services.keys.sorted().map(JSONValue.string))]
        case "ListTasks":
            if call["desiredStatus"] == "STOPPED", let removal = self.removalDefinition,
                TaskDefinitions.family(of: removal) == call["family"]
            {
                return ["taskArns": ["removal"]]
            }
            guard call["desiredStatus"] == "RUNNING", let service = self.services[call["family"]] else { return ["taskArns": []] }
            let count = self.broken.contains(call["family"]) ? 0 : service.desired
            return ["taskArns": .array((0..<count).map { .string("\(call["family"])#\($0)") })]
        case "DescribeTasks":
            return ["tasks": .array((call.body["tasks"]?.strings ?? []).map(self.describeTask))]
        case "RunTask":
            guard let found = self.definitions.first(where: { $0.isActive && $0.arn == call["taskDefinition"] }) else {
                throw FakeError(code: "ClientException", message: "TaskDefinition is inactive")
            }
            let command = found.body["containerDefinitions"]?.elements.first?["command"]?.strings.first ?? ""
            if self.removals.last != command { self.removals.append(command) }
            self.removalDefinition = found.arn
            return ["tasks": [["taskArn": .string("removal")]], "failures": []]
        default: throw FakeError(code: "UnknownOperationException", message: call.action)
        }
    }

    private mutating func register(_ body: JSONValue) -> JSONValue {
        let family = body["family"]?.string ?? ""
        self.revisions[family, default: 0] += 1
        let arn = "arn:aws:ecs:eu-west-1:123456789012:task-definition/\(family):\(self.revisions[family] ?? 0)"
        self.definitions.append(Definition(arn: arn, body: body))
        return ["taskDefinition": ["taskDefinitionArn": .string(arn)]]
    }

    private mutating func createService(_ call: FakeCall) throws -> JSONValue {
        if let known = self.services[call["serviceName"]] {
            guard known.token == call["clientToken"] else {
                throw FakeError(code: "InvalidParameterException", message: "Creation of service was not idempotent.")
            }
            return [:]
        }
        guard self.definitions.contains(where: { $0.arn == call["taskDefinition"] && $0.isActive }) else {
            throw FakeError(code: "ClientException", message: "TaskDefinition is inactive")
        }
        let registry = call.body["serviceRegistries"]?.elements.first?["registryArn"]?.string ?? ""
        guard let id = registry.split(separator: "/").last.map(String.init), self.names[id] != nil else {
            throw FakeError(code: "InvalidParameterException", message: "no such registry")
        }
        if let group = call.body["loadBalancers"]?.elements.first?["targetGroupArn"]?.string {
            guard self.listeners.values.contains(where: { $0["DefaultActions.member.1.TargetGroupArn"] == group }) else {
                throw FakeError(
                    code: "InvalidParameterException", message: "The target group does not have an associated load balancer.")
            }
        }
        self.services[call["serviceName"]] = Service(
            definition: call["taskDefinition"], desired: call.body["desiredCount"]?.int ?? 0, registry: id,
            tags: call.body["tags"] ?? [], token: call["clientToken"])
        return [:]
    }

    private mutating func describeServices(_ names: [String]) -> JSONValue {
        var found: [JSONValue] = []
        for name in names {
            guard var service = self.services[name] else { continue }
            service.looks += 1
            let isBroken = self.broken.contains(name)
            let isUp = service.looks > 2 && !isBroken
            var state = isUp ? "COMPLETED" : "IN_PROGRESS"
            if isBroken, self.hasBreaker, service.looks > 2 { state = "FAILED" }
            if state == "FAILED", let before = service.before, service.looks > 3 {
                // Rolled back.
                service.definition = before
                service.before = nil
                self.broken.remove(name)
                state = "COMPLETED"
            }
            self.services[name] = service
            let running = JSONValue.int(isUp || state == "COMPLETED" ? service.desired : 0)
            found.append([
                "serviceName": .string(name), "status": "ACTIVE", "taskDefinition": .string(service.definition),
                "desiredCount": .int(service.desired), "runningCount": running, "tags": service.tags,
                "deployments": [
                    [
                        "status": "PRIMARY", "taskDefinition": .string(service.definition), "rolloutState": .string(state),
                        "runningCount": running,
                    ]
                ],
                "events": [
                    ["message": .string("(service \(name)) has begun. It says \(isBroken ? "image not found" : "hello").")]
                ],
            ])
        }
        return ["services": .array(found), "failures": []]
    }

    private func describeTask(_ arn: String) -> JSONValue {
        if arn == "removal" {
            var container: [String: JSONValue] = ["name": "removal"]
            if let removalFailure { container["reason"] = .string(removalFailure) } else { container["exitCode"] = 0 }
            return [
                "taskArn": "removal", "lastStatus": "STOPPED", "taskDefinitionArn": .string(self.removalDefinition ?? ""),
                "containers": [.object(container)],
            ]
        }
        let name = arn.split(separator: "#").first.map(String.init) ?? ""
        return [
            "taskArn": .string(arn), "lastStatus": "RUNNING", "taskDefinitionArn": .string(self.services[name]?.definition ?? ""),
            "attachments": [
                [
                    "type": "ElasticNetworkInterface",
                    "details": [
                        ["name": "subnetId", "value": "subnet-1"],
                        ["name": "networkInterfaceId", "value": .string("eni-\(name)")],
                    ],
                ]
            ],
        ]
    }
}

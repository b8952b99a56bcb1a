import Foundation
import PushModels

@testable import PushaasECS

extension FakeState {
    mutating func cloudMap(_ call: FakeCall) throws -> JSONValue {
        switch call.action {
        case "ListNamespaces": return ["Namespaces": [["Id": "ns-1", "Name": "push.internal"]]]
        case "ListServices":
            return [
                "Services": .array(
                    self.names.map {
                        ["Id": .string($0.key), "Name": .string($0.value.name), "Arn": .string("arn:sd/\($0.key)")]
                    })
            ]
        case "CreateService":
            if let known = self.names.first(where: { $0.value.name == call["Name"] }) {
                throw FakeError(code: "ServiceAlreadyExists", more: ["ServiceId": .string(known.key)])
            }
            let id = "srv-\(UUID().uuidString)"
            self.names[id] = (call["Name"], call.body["Tags"] ?? [])
            return ["Service": ["Id": .string(id), "Arn": .string("arn:sd/\(id)")]]
        case "DeleteService":
            if self.instances[call["Id"]]?.isEmpty == false { throw FakeError(code: "ResourceInUse") }
            guard self.names.removeValue(forKey: call["Id"]) != nil else { throw FakeError(code: "ServiceNotFound") }
            return [:]
        case "ListInstances":
            return ["Instances": .array((self.instances[call["ServiceId"]] ?? []).map { ["Id": .string($0)] })]
        case "DeregisterInstance":
            guard self.instances[call["ServiceId"]]?.remove(call["InstanceId"]) != nil else {
                throw FakeError(code: "InstanceNotFound")
            }
            return [:]
        case "ListTagsForResource":
            return ["Tags": self.names[call["ResourceARN"].split(separator: "/").last.map(String.init) ?? ""]?.tags ?? []]
        default: throw FakeError(code: "UnknownOperationException", message: call.action)
        }
    }

    mutating func secretsManager(_ call: FakeCall) throws -> JSONValue {
        let name = call["SecretId"]
        switch call.action {
        case "CreateSecret":
            if let known = self.secrets[call["Name"]] {
                guard known["ClientRequestToken"] == call.body["ClientRequestToken"] else {
                    throw FakeError(code: "ResourceExistsException")
                }
            }
            self.secrets[call["Name"]] = call.body
            return ["ARN": .string("arn:secret:\(call["Name"])-AbCdEf")]
        case "DescribeSecret":
            guard let found = self.secrets[name] else { throw FakeError(code: "ResourceNotFoundException") }
            return ["ARN": .string("arn:secret:\(name)-AbCdEf"), "Tags": found["Tags"] ?? []]
        case "DeleteSecret":
            guard call.body["ForceDeleteWithoutRecovery"] == true else { throw FakeError(code: "InvalidParameterException") }
            guard self.secrets.removeValue(forKey: name) != nil else { throw FakeError(code: "ResourceNotFoundException") }
            return [:]
        case "ListSecrets":
            return ["SecretList": .array(self.secrets.map { ["Name": .string($0.key), "Tags": $0.value["Tags"] ?? []] })]
        default: throw FakeError(code: "UnknownOperationException", message: call.action)
        }
    }

    mutating func logs(_ call: FakeCall) throws -> JSONValue {
        guard self.logGroups.insert(call["logGroupName"]).inserted else {
            throw FakeError(code: "ResourceAlreadyExistsException")
        }
        return [:]
    }

    mutating func query(_ call: FakeCall) throws -> String {
        switch call.action {
        case "GetRole":
            guard call["RoleName"] == "ecsTaskExecutionRole" else { throw FakeError(code: "NoSuchEntity") }
            return "<GetRoleResult><Role><Arn>arn:aws:iam::1:role/ecsTaskExecutionRole</Arn></Role></GetRoleResult>"
        case "DescribeSubnets", "DescribeSecurityGroups": return ""
        case "DescribeNetworkInterfaces":
            return
                "<networkInterfaceSet><item><association><publicIp>\(self.publicIP)</publicIp></association></item></networkInterfaceSet>"
        case "DescribeLoadBalancers":
            return "<R><LoadBalancers><member><VpcId>vpc-1</VpcId><DNSName>lb.example</DNSName></member></LoadBalancers></R>"
        case "DescribeTargetGroups": return try self.describeGroups(call["Names.member.1"])
        case "CreateTargetGroup":
            let arn = "arn:tg/\(call["Name"])"
            self.groups[arn] = call.form
            return "<R><TargetGroups><member><TargetGroupArn>\(arn)</TargetGroupArn></member></TargetGroups></R>"
        case "ModifyTargetGroupAttributes":
            self.groups[call["TargetGroupArn"]]?["delay"] = call["Attributes.member.1.Value"]
            return ""
        case "DeleteTargetGroup":
            if self.listeners.values.contains(where: { $0["DefaultActions.member.1.TargetGroupArn"] == call["TargetGroupArn"] }) {
                throw FakeError(code: "ResourceInUse")
            }
            guard self.groups.removeValue(forKey: call["TargetGroupArn"]) != nil else {
                throw FakeError(code: "TargetGroupNotFound")
            }
            return ""
        case "DescribeListeners":
            let members = self.listeners.filter { $0.value["LoadBalancerArn"] == call["LoadBalancerArn"] }.map { arn, form in
                "<member><ListenerArn>\(arn)</ListenerArn><Port>\(form["Port"] ?? "")</Port><DefaultActions><member><TargetGroupArn>"
                    + "\(form["DefaultActions.member.1.TargetGroupArn"] ?? "")</TargetGroupArn></member></DefaultActions></member>"
            }
            return "<R><Listeners>\(members.joined())</Listeners></R>"
        case "CreateListener":
            let arn = "arn:listener/\(call["LoadBalancerArn"])/\(call["Port"])"
            guard self.listeners[arn] == nil else { throw FakeError(code: "DuplicateListener") }
            self.listeners[arn] = call.form
            return ""
        case "DeleteListener":
            guard self.listeners.removeValue(forKey: call["ListenerArn"]) != nil else {
                throw FakeError(code: "ListenerNotFound")
            }
            return ""
        case "DescribeTags":
            let members = self.groups.map { arn, form in
                let tags = (1...3).map {
                    "<member><Key>\(form["Tags.member.\($0).Key"] ?? "")</Key><Value>\(form["Tags.member.\($0).Value"] ?? "")</Value></member>"
                }
                return "<member><ResourceArn>\(arn)</ResourceArn><Tags>\(tags.joined())</Tags></member>"
            }
            return "<R><TagDescriptions>\(members.joined())</TagDescriptions></R>"
        default: throw FakeError(code: "InvalidAction", message: call.action)
        }
    }

    private func describeGroups(_ name: String) throws -> String {
        let found = self.groups.filter { name.isEmpty || $0.value["Name"] == name }
        if found.isEmpty, !name.isEmpty { throw FakeError(code: "TargetGroupNotFound") }
        let members = found.keys.map { arn in
            let balancers = self.listeners.values.filter { $0["DefaultActions.member.1.TargetGroupArn"] == arn }
                .map { "<member>\($0["LoadBalancerArn"] ?? "")</member>" }
            return
                "<member><TargetGroupArn>\(arn)</TargetGroupArn><LoadBalancerArns>\(balancers.joined())</LoadBalancerArns></member>"
        }
        return "<R><TargetGroups>\(members.joined())</TargetGroups></R>"
    }
}

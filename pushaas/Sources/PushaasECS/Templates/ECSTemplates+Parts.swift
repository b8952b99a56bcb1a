import PushModels
import PushaasProvisioning

/// What task definitions and services are made of, of instances as of pushaas itself.
extension ECSTemplates {
    /// `ecs:RegisterTaskDefinition`, without tags.
    ///
    /// - Returns: `nil` if Fargate has no task that is big enough.
    func definition(
        family: String, sizes: [Plan.Size], _ containers: [[String: JSONValue]], executionRole: String, taskRole: String?
    ) -> [String: JSONValue]? {
        guard let size = FargateSize(fitting: sizes) else { return nil }
        var definition: [String: JSONValue] = [
            "family": .string(family), "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"],
            "cpu": .string("\(size.cpu)"), "memory": .string("\(size.memory)"), "executionRoleArn": .string(executionRole),
            "runtimePlatform": [
                "cpuArchitecture": .string(self.configuration.cpuArchitecture), "operatingSystemFamily": "LINUX",
            ],
            "containerDefinitions": .array(containers.map(JSONValue.object)),
        ]
        if let taskRole { definition["taskRoleArn"] = .string(taskRole) }
        return definition
    }

    /// - Parameter logs: What the names of its log streams have after the configured prefix.
    func container(_ name: String, image: String, size: Plan.Size, logs: String) -> [String: JSONValue] {
        [
            "name": .string(name), "image": .string(image), "essential": true,
            // Shares, rounded down so that they fit into the task, and what is set aside: the limit is the task's.
            "cpu": .int(size.cpu * 1024 / 1000), "memoryReservation": .int(size.memory),
            "logConfiguration": [
                "logDriver": "awslogs",
                "options": [
                    "awslogs-group": .string(self.configuration.logGroup), "awslogs-region": .string(self.configuration.region),
                    "awslogs-stream-prefix": .string("\(self.configuration.logStreamPrefix)/\(logs)"),
                    // A log that cannot be written never holds up a message.
                    "mode": "non-blocking", "max-buffer-size": "4m",
                ],
            ],
        ]
    }

    func environment(_ variables: [(String, String)]) -> JSONValue {
        .array(variables.map { ["name": .string($0.0), "value": .string($0.1)] })
    }

    /// A member of the secret as a variable that only the container sees: neither the definition nor the console shows it.
    func secret(_ variable: String, _ member: String, of secretARN: String) -> JSONValue {
        ["name": .string(variable), "valueFrom": .string("\(secretARN):\(member)::")]
    }

    func health(_ command: [String]) -> JSONValue {
        ["command": .array(command.map(JSONValue.string)), "interval": 10, "timeout": 5, "retries": 3, "startPeriod": 30]
    }

    // MARK: Data on EFS

    private static let volumeName = "data"

    var mount: JSONValue { ["sourceVolume": .string(Self.volumeName), "containerPath": "/data", "readOnly": false] }

    var volume: JSONValue {
        var efs: [String: JSONValue] = [
            "fileSystemId": .string(self.configuration.fileSystem ?? ""), "transitEncryption": "ENABLED",
        ]
        if let accessPoint = self.configuration.accessPoint {
            // With "ENABLED" the mount is signed with the task's role, and fails where there is none.
            let signed = self.configuration.taskRole != nil
            efs["authorizationConfig"] = ["accessPointId": .string(accessPoint), "iam": signed ? "ENABLED" : "DISABLED"]
        }
        return ["name": .string(Self.volumeName), "efsVolumeConfiguration": .object(efs)]
    }

    /// The start of a push-redis, by `sh -c`. Only its task sees its processes' arguments. A quarter of the memory stays for the copies that
    /// rewriting the append-only file makes.
    func redisStart(folder: String, size: Plan.Size) -> String {
        "exec redis-server /etc/push-redis/redis.conf --bind '*' '-::*' --dir \(folder) --maxmemory \(size.memory * 3 / 4)mb "
            + "--requirepass \"$REDIS_PASSWORD\""
    }

    var redisHealth: JSONValue {
        self.health(["CMD-SHELL", "REDISCLI_AUTH=\"$REDIS_PASSWORD\" redis-cli -h localhost ping | grep -q PONG"])
    }

    // MARK: Services

    var network: JSONValue {
        [
            "awsvpcConfiguration": [
                "subnets": .array(self.configuration.subnets.map(JSONValue.string)),
                "securityGroups": .array(self.configuration.securityGroups.map(JSONValue.string)),
                "assignPublicIp": self.configuration.assignsPublicIP ? "ENABLED" : "DISABLED",
            ]
        ]
    }

    /// - Parameter keepsData: Two Redis servers never write into one folder: the old one is gone before the new one comes. Of the others the new
    ///   ones are healthy before the old ones go.
    func deployment(keepsData: Bool) -> JSONValue {
        [
            "deploymentCircuitBreaker": ["enable": true, "rollback": true],
            "maximumPercent": keepsData ? 100 : 200, "minimumHealthyPercent": keepsData ? 0 : 100,
        ]
    }

    /// `ecs:CreateService`, without tags.
    ///
    /// - Parameters:
    ///   - container: Whose port a load balancer leads to.
    ///   - token: By which ECS knows a repeated call: 36 characters at most.
    func service(
        _ name: String, container: String, port: Int, count: Int, keepsData: Bool, taskDefinition: String, registryARN: String,
        targetGroupARN: String?, token: String
    ) -> [String: JSONValue] {
        var service: [String: JSONValue] = [
            "cluster": .string(self.configuration.cluster), "serviceName": .string(name),
            "taskDefinition": .string(taskDefinition), "desiredCount": .int(count), "clientToken": .string(token),
            "launchType": "FARGATE", "platformVersion": "LATEST", "schedulingStrategy": "REPLICA",
            "deploymentConfiguration": self.deployment(keepsData: keepsData), "networkConfiguration": self.network,
            "serviceRegistries": [["registryArn": .string(registryARN)]],
            "propagateTags": "SERVICE", "enableECSManagedTags": true,
        ]
        if let targetGroupARN {
            service["loadBalancers"] = [
                [
                    "targetGroupArn": .string(targetGroupARN), "containerName": .string(container), "containerPort": .int(port),
                ]
            ]
            service["healthCheckGracePeriodSeconds"] = 60
        }
        return service
    }

    /// `servicediscovery:CreateService`, without tags: ECS registers and deregisters the tasks.
    func discovery(_ name: String, description: String, namespaceID: String, token: String) -> [String: JSONValue] {
        [
            "Name": .string(name), "NamespaceId": .string(namespaceID), "CreatorRequestId": .string(token),
            "Description": .string(description),
            "DnsConfig": [
                "RoutingPolicy": "MULTIVALUE",
                // Short, because the address changes with the task.
                "DnsRecords": [["Type": "A", "TTL": 10]],
            ],
            "HealthCheckCustomConfig": ["FailureThreshold": 1],
        ]
    }
}

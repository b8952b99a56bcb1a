import PushModels
import PushaasCurl
import PushaasProvisioning

/// Where an instance is reached.
struct Addresses: Sendable {
    let aws: AWSClient
    let deployer: ServiceDeployer

    /// - Parameter entrance: The URL of a load balancer's listener, where there is one.
    func url(of component: Component, _ specification: InstanceSpecification, entrance: String?) async throws -> String {
        if let entrance { return entrance }
        let templates = self.deployer.templates
        guard templates.configuration.assignsPublicIP else {
            return "http://\(templates.host(component, specification)):\(component.port)"
        }
        let configuration = templates.configuration
        // The answer about the tasks, or about the interface, may be a moment old.
        return try await poll(
            every: configuration.pollInterval, within: .seconds(120),
            late: {
                ProviderError(
                    .permanent,
                    "the task of \(component.rawValue) has no public address; is the subnet a public one, or shall "
                        + "provisioner.ecs.assign_public_ip be false")
            }
        ) {
            guard let address = try await self.publicAddress(component.name(specification)) else { return nil }
            return "http://\(address):\(component.port)"
        }
    }

    /// Of a service's one task; `nil` while none is known.
    func publicAddress(_ name: String) async throws -> String? {
        let definition = try await self.deployer.describe(name)?["taskDefinition"]?.string
        let tasks = try await self.deployer.tasks(of: name, desiredStatus: "RUNNING")
        let interfaces = tasks.filter {
            $0["lastStatus"]?.string == "RUNNING" && $0["taskDefinitionArn"]?.string == definition
        }.compactMap { task in
            task["attachments"]?.elements.first { $0["type"]?.string == "ElasticNetworkInterface" }?["details"]?.elements
                .first { $0["name"]?.string == "networkInterfaceId" }?["value"]?.string
        }
        guard let interface = interfaces.first else { return nil }
        do {
            let answer = try await self.aws.query(
                .ec2, "DescribeNetworkInterfaces", QueryForm([("NetworkInterfaceId.1", interface)]))
            return answer.find("association")?["publicIp"]?.text
        } catch let error as AWSError where error.code == "InvalidNetworkInterfaceID.NotFound" {
            return nil
        }
    }

    /// Waits until push-api answers pushaas: only then can apps be bound.
    func waitUntilReachable(_ url: String) async throws {
        let configuration = self.deployer.configuration
        try await poll(
            every: configuration.pollInterval, within: min(configuration.deploymentTimeout, .seconds(120)),
            late: {
                ProviderError(
                    .permanent,
                    "push-api runs, but pushaas cannot reach it at \(url): do the security groups "
                        + "\(configuration.securityGroups.joined(separator: ", ")) let it in")
            }
        ) {
            do throws(CurlError) {
                let answer = try await self.aws.http.send(CurlRequest("GET", "\(url)/healthz", timeout: .seconds(5)))
                return answer.status == 200 ? true : nil
            } catch {
                if error.reason == .cancelled { throw CancellationError() }
                return nil
            }
        }
    }
}

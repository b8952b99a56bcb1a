import PushaasCurl
import PushaasProvisioning

extension DockerProvider {
    var balancerStep: ProvisioningStep {
        ProvisioningStep("balancer", title: "Start the load balancer and publish its ports", timeout: .seconds(1800)) { context in
            try await self.runBalancer(context)
        } undo: { context in
            try await self.instance(context).removeContainers(.balancer)
        }
    }

    private func runBalancer(_ context: StepContext) async throws -> StepOutputs {
        let instance = self.instance(context)
        let definitions = self.definitions(context)
        // What it has already stays: somebody may know it.
        if let container = try await self.engine.inspectContainer(definitions.balancerName),
            let streamPort = container.hostPort(of: "9080/tcp"), let apiPort = container.hostPort(of: "8080/tcp")
        {
            let definition = definitions.balancer(streamPort: streamPort, apiPort: apiPort)
            if try await instance.start(definition) {
                try await instance.waitUntilHealthy(definition)
                return self.outputs(streamPort: streamPort, apiPort: apiPort)
            }
        }
        await context.report("starts the load balancer")
        for (streamPort, apiPort) in try await self.ports(context) {
            let definition = definitions.balancer(streamPort: streamPort, apiPort: apiPort)
            guard try await instance.start(definition) else { continue }
            try await instance.waitUntilHealthy(definition)
            return self.outputs(streamPort: streamPort, apiPort: apiPort)
        }
        let range = self.configuration.publishPorts
        throw ProviderError(
            .permanent,
            "no two free ports were found from \(range.lowerBound) to \(range.upperBound) on "
                + "\(self.configuration.publishAddress) (provisioner.docker.publish_ports)")
    }

    /// Pairs of ports to try, in order: those of before, then free ones, beginning at a place that follows from the instance's id, so that workers
    /// that look at the same time seldom find the same.
    private func ports(_ context: StepContext) async throws -> [(Int, Int)] {
        let range = self.configuration.publishPorts
        let taken = try await self.engine.publishedPorts()
        let count = range.count / 2
        let first = (Int(Definitions.digest([context.specification.id.rawValue]), radix: 36) ?? 0) % count
        var pairs: [(Int, Int)] = []
        if let stream = context.outputs[DockerOutput.streamPort].flatMap({ Int($0) }),
            let api = context.outputs[DockerOutput.apiPort].flatMap({ Int($0) })
        {
            pairs.append((stream, api))
        }
        for index in 0..<count {
            let port = range.lowerBound + 2 * ((first + index) % count)
            if !taken.contains(port), !taken.contains(port + 1) { pairs.append((port, port + 1)) }
        }
        // The others are programs that are no containers; there may be some.
        return Array(pairs.prefix(50))
    }

    private func outputs(streamPort: Int, apiPort: Int) -> StepOutputs {
        let host = self.configuration.publicHost
        return [
            DockerOutput.streamPort: String(streamPort),
            DockerOutput.apiPort: String(apiPort),
            WellKnownOutput.streamURL: "http://\(host):\(streamPort)",
            WellKnownOutput.apiURL: "http://\(host):\(apiPort)",
            WellKnownOutput.apiManagementURL: "http://\(self.configuration.managementHost):\(apiPort)",
        ]
    }

    /// Asks the balancer, through its published port, until it uses as many servers as are expected.
    ///
    /// - Parameter expected: Asked each time: one that runs at first may be at its end.
    func waitForBalancer(
        at url: String, _ secrets: InstanceSpecification.Secrets, expected: () async throws -> (streams: Int, apis: Int)
    ) async throws {
        var request = CurlRequest("GET", url + HAProxyConfiguration.statusPath, timeout: .seconds(5))
        request.basic = (secrets.apiUser, secrets.apiPassword)
        request.maximumBodySize = 1024
        let clock = ContinuousClock()
        let deadline = clock.now + self.configuration.healthTimeout
        var problem = ""
        while true {
            let (streams, apis) = try await expected()
            do throws(CurlError) {
                let response = try await self.curl.send(request)
                let counts = response.text.split(separator: " ").map { Int($0) ?? 0 }
                if response.status == 200, counts.count == 2 {
                    if counts[0] >= streams, counts[1] >= apis { return }
                    problem = "it uses \(counts[0]) of \(streams) push-streams and \(counts[1]) of \(apis) push-apis"
                } else {
                    problem = "it answers with status \(response.status)"
                }
            } catch {
                if error.reason == .cancelled { throw CancellationError() }
                problem = error.description
            }
            guard clock.now < deadline else {
                throw ProviderError(.temporary, "the instance is not reached through its load balancer at \(url): \(problem)")
            }
            try await clock.sleep(for: .milliseconds(250))
        }
    }
}

import PushaasProvisioning

/// Listeners and target groups: one of each for a component of an instance, on a load balancer that is there already.
struct LoadBalancers: Sendable {
    let aws: AWSClient
    let templates: ECSTemplates

    /// What leads to a component.
    struct Entrance: Sendable {
        var targetGroupARN: String
        var url: String
    }

    /// 32 characters at most.
    static func targetGroupName(_ component: Component, _ specification: InstanceSpecification) -> String {
        "\(component.rawValue)-\(specification.id)"
    }

    func ensure(
        _ component: Component, _ specification: InstanceSpecification, _ balancer: ECSConfiguration.LoadBalancer
    ) async throws -> Entrance {
        let description = try await self.describe(balancer.arn)
        guard let vpc = description["VpcId"]?.text, let name = description["DNSName"]?.text else {
            throw ProviderError(.permanent, "the load balancer \(balancer.arn) has neither a network nor a name")
        }
        var balancer = balancer
        if let type = description["Type"]?.text { balancer.kind = type == "network" ? .network : .application }
        let group = try await self.ensureTargetGroup(component, specification, balancer, vpc: vpc)
        let port = try await self.ensureListener(component, specification, balancer, group)
        let scheme = balancer.certificate == nil ? "http" : "https"
        return Entrance(targetGroupARN: group, url: "\(scheme)://\(balancer.publicHost ?? name):\(port)")
    }

    func describe(_ arn: String) async throws -> XMLNode {
        let answer = try await self.aws.query(
            .loadBalancing, "DescribeLoadBalancers", QueryForm([("LoadBalancerArns.member.1", arn)]))
        guard let found = answer.find("LoadBalancers")?.children.first else {
            throw ProviderError(.permanent, "there is no load balancer \(arn)")
        }
        return found
    }

    // MARK: Target groups

    private func ensureTargetGroup(
        _ component: Component, _ specification: InstanceSpecification, _ balancer: ECSConfiguration.LoadBalancer, vpc: String
    ) async throws -> String {
        let name = Self.targetGroupName(component, specification)
        // Tasks of Fargate are targets by their addresses. Behind either kind of balancer they are asked for their health by HTTP.
        var form = QueryForm([
            ("Name", name), ("TargetType", "ip"), ("VpcId", vpc), ("Port", "\(component.port)"),
            ("Protocol", balancer.kind == .application ? "HTTP" : "TCP"), ("HealthCheckProtocol", "HTTP"),
            ("HealthCheckPath", balancer.healthPath), ("HealthCheckPort", "traffic-port"), ("Matcher.HttpCode", "200"),
            ("HealthCheckIntervalSeconds", "10"), ("HealthCheckTimeoutSeconds", "5"), ("HealthyThresholdCount", "2"),
            ("UnhealthyThresholdCount", "2"),
        ])
        form.set(tags: self.templates.tags(specification))
        var arn = try await self.targetGroup(name)?["TargetGroupArn"]?.text
        if arn == nil {
            do {
                arn = try await self.aws.query(.loadBalancing, "CreateTargetGroup", form).find("TargetGroupArn")?.text
            } catch let error as AWSError where error.code == "DuplicateTargetGroupName" {
                // A try whose answer was lost has made it.
                arn = try await self.targetGroup(name)?["TargetGroupArn"]?.text
            }
        }
        guard let arn else {
            throw AWSError(.loadBalancing, "CreateTargetGroup", code: "BadAnswer", message: "there is no ARN in it", status: 200)
        }
        // Also of a group that was there: who made it may have ended before this.
        // Of a Network Load Balancer, connections outlive the delay: push-stream itself parts with its subscribers, one after the other, when
        // ECS tells its task to stop, which is after the delay. An Application Load Balancer cuts at its end what is still open.
        let delay = component == .stream && balancer.kind == .application ? 120 : 10
        try await self.aws.query(
            .loadBalancing, "ModifyTargetGroupAttributes",
            QueryForm([
                ("TargetGroupArn", arn), ("Attributes.member.1.Key", "deregistration_delay.timeout_seconds"),
                ("Attributes.member.1.Value", "\(delay)"),
            ]))
        return arn
    }

    private func targetGroup(_ name: String) async throws -> XMLNode? {
        do {
            let answer = try await self.aws.query(
                .loadBalancing, "DescribeTargetGroups", QueryForm([("Names.member.1", name)]))
            return answer.find("TargetGroups")?.children.first
        } catch let error as AWSError where error.code == "TargetGroupNotFound" {
            return nil
        }
    }

    // MARK: Listeners

    /// - Returns: The port.
    private func ensureListener(
        _ component: Component, _ specification: InstanceSpecification, _ balancer: ECSConfiguration.LoadBalancer, _ group: String
    ) async throws -> String {
        // Another instance may take the port that was free a moment ago: then the next is tried.
        var taken: Set<Int> = []
        while true {
            let listeners = try await self.listeners(of: balancer.arn)
            if let own = listeners.first(where: { Self.forwards($0, to: group) }), let port = own["Port"]?.text { return port }
            taken.formUnion(listeners.compactMap { $0["Port"].flatMap { Int($0.text) } })
            guard let port = balancer.ports.first(where: { !taken.contains($0) }) else {
                throw ProviderError(
                    .permanent,
                    "all ports from \(balancer.ports.lowerBound) to \(balancer.ports.upperBound) of \(component.rawValue)'s load "
                        + "balancer are taken; destroy an instance, or allow more ports")
            }
            do {
                try await self.createListener(specification, balancer, group, port: port)
                return "\(port)"
            } catch let error as AWSError where error.code == "DuplicateListener" {
                taken.insert(port)
            }
        }
    }

    private func createListener(
        _ specification: InstanceSpecification, _ balancer: ECSConfiguration.LoadBalancer, _ group: String, port: Int
    ) async throws {
        let isSecure = balancer.certificate != nil
        let scheme =
            switch balancer.kind {
            case .application: isSecure ? "HTTPS" : "HTTP"
            case .network: isSecure ? "TLS" : "TCP"
            }
        var form = QueryForm([
            ("LoadBalancerArn", balancer.arn), ("Port", "\(port)"), ("Protocol", scheme),
            ("DefaultActions.member.1.Type", "forward"), ("DefaultActions.member.1.TargetGroupArn", group),
        ])
        if let certificate = balancer.certificate { form.set("Certificates.member.1.CertificateArn", certificate) }
        form.set(tags: self.templates.tags(specification))
        try await self.aws.query(.loadBalancing, "CreateListener", form)
    }

    private static func forwards(_ listener: XMLNode, to group: String) -> Bool {
        listener.list("DefaultActions").contains { $0["TargetGroupArn"]?.text == group }
    }

    private func listeners(of balancer: String) async throws -> [XMLNode] {
        var found: [XMLNode] = []
        var marker: String?
        repeat {
            var form = QueryForm([("LoadBalancerArn", balancer)])
            if let marker { form.set("Marker", marker) }
            let answer = try await self.aws.query(.loadBalancing, "DescribeListeners", form)
            found += answer.find("Listeners")?.children ?? []
            marker = answer.find("NextMarker").flatMap { $0.text.isEmpty ? nil : $0.text }
        } while marker != nil
        return found
    }

    // MARK: Removal

    func remove(
        _ component: Component, _ specification: InstanceSpecification, _ balancer: ECSConfiguration.LoadBalancer
    ) async throws {
        guard let group = try await self.targetGroup(Self.targetGroupName(component, specification))?["TargetGroupArn"]?.text
        else {
            return
        }
        try await self.remove(group: group, on: [balancer.arn])
    }

    /// Takes away the listeners that lead to a group, then the group.
    func remove(group: String, on balancers: [String]) async throws {
        for balancer in balancers {
            for listener in try await self.listeners(of: balancer) where Self.forwards(listener, to: group) {
                guard let arn = listener["ListenerArn"]?.text else { continue }
                do {
                    try await self.aws.query(.loadBalancing, "DeleteListener", QueryForm([("ListenerArn", arn)]))
                } catch let error as AWSError where error.code == "ListenerNotFound" {
                    continue
                }
            }
        }
        // A listener that was deleted a moment ago may still hold it.
        try await poll(
            every: self.templates.configuration.pollInterval, within: .seconds(60),
            late: { ProviderError(.temporary, "a load balancer still uses the target group \(group)") }
        ) {
            do {
                try await self.aws.query(.loadBalancing, "DeleteTargetGroup", QueryForm([("TargetGroupArn", group)]))
                return true
            } catch let error as AWSError where error.code == "TargetGroupNotFound" {
                return true
            } catch let error as AWSError where error.code == "ResourceInUse" {
                return nil
            }
        }
    }

    /// All target groups, with their balancers.
    func targetGroups() async throws -> [(arn: String, balancers: [String])] {
        var found: [(arn: String, balancers: [String])] = []
        var marker: String?
        repeat {
            var form = QueryForm()
            if let marker { form.set("Marker", marker) }
            let answer = try await self.aws.query(.loadBalancing, "DescribeTargetGroups", form)
            for group in answer.find("TargetGroups")?.children ?? [] {
                guard let arn = group["TargetGroupArn"]?.text else { continue }
                found.append((arn, group.list("LoadBalancerArns").map(\.text)))
            }
            marker = answer.find("NextMarker").flatMap { $0.text.isEmpty ? nil : $0.text }
        } while marker != nil
        return found
    }

    /// Tags by ARN.
    func tags(of arns: [String]) async throws -> [String: [String: String]] {
        var found: [String: [String: String]] = [:]
        // Twenty are the most that one call takes.
        for start in stride(from: 0, to: arns.count, by: 20) {
            var form = QueryForm()
            for (index, arn) in arns[start..<min(start + 20, arns.count)].enumerated() {
                form.set("ResourceArns.member.\(index + 1)", arn)
            }
            let answer = try await self.aws.query(.loadBalancing, "DescribeTags", form)
            for description in answer.find("TagDescriptions")?.children ?? [] {
                guard let arn = description["ResourceArn"]?.text else { continue }
                for tag in description.list("Tags") {
                    if let key = tag["Key"]?.text { found[arn, default: [:]][key] = tag["Value"]?.text ?? "" }
                }
            }
        }
        return found
    }
}

/// A service of AWS that the provider calls, and how.
enum AWSService: String, Sendable, CaseIterable {
    /// Amazon ECS: what runs.
    case ecs
    /// AWS Cloud Map: names.
    case cloudMap = "servicediscovery"
    /// CloudWatch Logs.
    case logs
    case secretsManager = "secretsmanager"
    /// Elastic network interfaces, subnets, security groups.
    case ec2
    /// Elastic Load Balancing, version 2.
    case loadBalancing = "elasticloadbalancing"
    /// Roles. One endpoint for all regions of a partition.
    case iam
    case sts

    /// How calls are written.
    enum Wire: Sendable, Equatable {
        /// AWS JSON 1.1. `X-Amz-Target` is the prefix, a dot and the action.
        case json(target: String)
        /// AWS query: a form in, XML out.
        case query(version: String)
    }

    var wire: Wire {
        switch self {
        case .ecs: .json(target: "AmazonEC2ContainerServiceV20141113")
        case .cloudMap: .json(target: "Route53AutoNaming_v20170314")
        case .logs: .json(target: "Logs_20140328")
        case .secretsManager: .json(target: "secretsmanager")
        case .ec2: .query(version: "2016-11-15")
        case .loadBalancing: .query(version: "2015-12-01")
        case .iam: .query(version: "2010-05-08")
        case .sts: .query(version: "2011-06-15")
        }
    }

    /// For people.
    var title: String {
        switch self {
        case .ecs: "Amazon ECS"
        case .cloudMap: "AWS Cloud Map"
        case .logs: "CloudWatch Logs"
        case .secretsManager: "AWS Secrets Manager"
        case .ec2: "Amazon EC2"
        case .loadBalancing: "Elastic Load Balancing"
        case .iam: "AWS IAM"
        case .sts: "AWS STS"
        }
    }
}

/// Where a service answers, and what signatures to it name.
struct AWSEndpoint: Sendable, Equatable {
    /// With the path `/`.
    let url: String
    /// The region in signatures.
    let region: String

    /// - Parameter override: One URL for all services, for tests; signatures still name the service.
    init(_ service: AWSService, region: String, override: String?) {
        let isChina = region.hasPrefix("cn-")
        let isGovernment = region.hasPrefix("us-gov-")
        let suffix = isChina ? "amazonaws.com.cn" : "amazonaws.com"
        let host: String
        if service == .iam {
            // IAM has one region of a partition in its signatures, wherever the call comes from.
            self.region = isChina ? "cn-north-1" : isGovernment ? "us-gov-west-1" : "us-east-1"
            host = isChina ? "iam.cn-north-1.\(suffix)" : isGovernment ? "iam.us-gov.\(suffix)" : "iam.\(suffix)"
        } else {
            self.region = region
            host = "\(service.rawValue).\(region).\(suffix)"
        }
        if let override {
            self.url = override.hasSuffix("/") ? override : override + "/"
        } else {
            self.url = "https://\(host)/"
        }
    }
}

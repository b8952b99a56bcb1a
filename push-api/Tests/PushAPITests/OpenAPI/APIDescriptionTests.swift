import Foundation
import Logging
import PushModels
import PushRedis
import PushRuntime
import Testing

@testable import PushAPI

/// What the OpenAPI document says, against the code it describes.
@Suite struct APIDescriptionTests {
    let description: APIDescription

    init() throws {
        self.description = try APIDescription()
    }

    /// Paths that show pages to people, with what the pages load.
    static let pages: Set<String> = ["/", "/admin", "/admin/**", "/api/docs", "/api/docs/**"]

    @Test func namesEveryRouteAndNoOther() throws {
        let values = try PushAPIConfiguration.schema.load(environment: [:], overrides: [:])
        let configuration = try PushAPIConfiguration(values)
        let logger = Logger(label: "push-api") { _ in CapturedLog().handler }
        let services = try buildAPI(
            configuration: configuration, redis: RedisClient(configuration: configuration.redis, logger: logger),
            registry: PrometheusRegistry(), drainState: DrainState(), logger: logger)
        let routes = Set(
            services.compactMap { $0 as? HTTPService }.flatMap(\.routes).filter { !Self.pages.contains($0.path) }.map(
                \.description))
        let described = Set(self.description.operations.map { "\($0.method) \($0.path)" })
        #expect(routes.count > 10)
        #expect(routes.subtracting(described) == [], "served, and not in openapi.json")
        #expect(described.subtracting(routes) == [], "in openapi.json, and not served")
    }

    @Test func isOpenAPI31OfThisVersion() throws {
        #expect((self.description.root["openapi"] as? String)?.hasPrefix("3.1.") == true)
        #expect(try self.description.value(at: "#/info/version") as? String == pushAPIVersion)
        // Relative, so that it is true wherever it is read.
        #expect(try self.description.value(at: "#/servers/0/url") as? String == "/")
    }

    @Test func refersOnlyToWhatItHolds() throws {
        var count = 0
        self.description.forEachObject { object in
            guard let reference = object["$ref"] as? String else { return }
            count += 1
            #expect(reference.hasPrefix("#/"))
            #expect(throws: Never.self) { try self.description.value(at: reference) }
        }
        #expect(count > 50)
        let ids = Set(self.description.operations.compactMap { $0.fields["operationId"] as? String })
        #expect(ids.count == self.description.operations.count)
        self.description.forEachObject { object in
            guard let links = object["links"] as? [String: [String: Any]] else { return }
            for link in links.values { #expect(ids.contains(link["operationId"] as? String ?? "")) }
        }
    }

    @Test func showsAnExampleOfEveryBody() throws {
        for operation in self.description.operations {
            let name = "\(operation.method) \(operation.path)"
            let responses = operation.fields["responses"] as? [String: [String: Any]] ?? [:]
            #expect(!responses.isEmpty, "\(name)")
            for (status, response) in responses {
                let content = try self.description.resolve(response)["content"] as? [String: [String: Any]] ?? [:]
                for media in content.values {
                    #expect(media["schema"] != nil, "\(name) \(status)")
                    #expect(media["example"] != nil || media["examples"] != nil, "\(name) \(status)")
                }
            }
            let body = operation.fields["requestBody"] as? [String: Any]
            for media in (body?["content"] as? [String: [String: Any]] ?? [:]).values {
                #expect((media["examples"] as? [String: Any])?.isEmpty == false, "\(name)")
            }
        }
    }

    @Test func saysWhoMayCallWhat() throws {
        let schemes = Set((try self.description.value(at: "#/components/securitySchemes") as? [String: Any] ?? [:]).keys)
        #expect(schemes == ["basic", "bearer"])
        let open: Set<String> = ["/api", "/api/healthcheck", "/api/v1/openapi.json", "/healthz", "/readyz", "/metrics"]
        for operation in self.description.operations {
            let named = (operation.fields["security"] as? [[String: Any]] ?? []).flatMap(\.keys)
            #expect(Set(named) == (open.contains(operation.path) ? [] : schemes), "\(operation.method) \(operation.path)")
        }
    }

    @Test func namesEveryErrorCode() throws {
        var described: Set<Int> = []
        self.description.forEachObject { object in
            guard object["$ref"] as? String == "#/components/schemas/Error",
                let code = (object["properties"] as? [String: [String: Any]])?["code"]
            else { return }
            described.formUnion((code["enum"] as? [Int]) ?? (code["const"] as? Int).map { [$0] } ?? [])
        }
        let known = Set(ErrorCode.allCases.map(\.rawValue))
        #expect(known.subtracting(described) == [], "codes that no operation names")
        // Errors that concern no operation have the HTTP status as their code.
        #expect(described.subtracting(known).filter { !(400..<600).contains($0) } == [], "codes that do not exist")
    }

    @Test func givesTheLimitsOfTheCode() throws {
        let channels = try self.description.property("channels", of: "Message")
        #expect(channels["minItems"] as? Int == 1)
        #expect(channels["maxItems"] as? Int == PublishRequest.maximumChannels)
        let content = try self.description.property("content", of: "Message")
        #expect(content["minLength"] as? Int == 1)
        #expect(content["maxLength"] as? Int == ContentEncoding.maximumEncodedLength)
        let ttl = try self.description.property("ttl", of: "NewChannel")
        #expect(ttl["minimum"] as? Int == 0)
        #expect(ttl["maximum"] as? Int == CreateChannelRequest.maximumTTL)
        #expect(try self.description.schema("MessageList")["minItems"] as? Int == 1)
        #expect(try self.description.schema("MessageList")["maxItems"] as? Int == PublishBatch.maximumMessages)
        func parameter(_ name: String) throws -> [String: Any] {
            try self.description.value(at: "#/components/parameters/\(name)/schema") as? [String: Any] ?? [:]
        }
        #expect(try parameter("ChannelLimit")["maximum"] as? Int == ChannelListRequest.maximumLimit)
        #expect(try parameter("ChannelLimit")["default"] as? Int == ChannelListRequest.defaultLimit)
        #expect(try parameter("ChannelSearch")["maxLength"] as? Int == ChannelListRequest.maximumSearchLength)
        let key = try self.description.property("channelPrefixes", of: "NewKey")
        #expect(key["maxItems"] as? Int == CreateKeyRequest.maximumPrefixes)
        let prefix = try self.description.schema("ChannelPrefix")
        #expect(prefix["maxLength"] as? Int == CreateKeyRequest.maximumPrefixLength)
        let name = try self.description.schema("KeyName")
        #expect(name["minLength"] as? Int == CreateKeyRequest.nameLength.lowerBound)
        #expect(name["maxLength"] as? Int == CreateKeyRequest.nameLength.upperBound)
        #expect(try self.description.property("ttl", of: "NewKey")["maximum"] as? Int == CreateKeyRequest.maximumTTL)
        let previous = try self.description.property("previousTTL", of: "Rotation")
        #expect(previous["default"] as? Int == RotateKeyRequest.defaultPreviousTTL)
        #expect(previous["maximum"] as? Int == RotateKeyRequest.maximumPreviousTTL)
        let limits = try ["messagesPerSecond", "bytesPerSecond"].map { try self.description.property($0, of: "RateLimits") }
        #expect(limits.map { $0["maximum"] as? Int } == [RateLimits.messages.upperBound, RateLimits.bytes.upperBound])
        #expect(try self.description.schema("Scope")["enum"] as? [String] == Scope.allCases.map(\.rawValue))
        let id = try self.description.schema("ChannelID")
        #expect(id["minLength"] as? Int == 1)
        #expect(id["maxLength"] as? Int == ChannelID.maximumLength)
    }
}

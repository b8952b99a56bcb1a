import Foundation
import PushAdmin
import PushRuntime
import PushaasProvisioning
import Testing

@testable import PushaasServer

/// What the OpenAPI document says, against the code it describes.
@Suite struct APIDescriptionTests {
    let description: APIDescription

    init() throws {
        self.description = try APIDescription()
    }

    /// Paths that show pages to people, with what the pages load.
    static let pages: Set<String> = ["/", "/admin", "/admin/**", "/api/docs", "/api/docs/**"]

    @Test func namesEveryRouteAndNoOther() throws {
        let routes = Set(
            try makePushaasHTTPService().routes.filter { !Self.pages.contains($0.path) }.map(\.description))
        let described = Set(self.description.operations.map { "\($0.method) \($0.path)" })
        #expect(routes.count > 20)
        #expect(routes.subtracting(described) == [], "served, and not in openapi.json")
        #expect(described.subtracting(routes) == [], "in openapi.json, and not served")
    }

    @Test func isOpenAPI31OfThisVersion() throws {
        #expect((self.description.root["openapi"] as? String)?.hasPrefix("3.1.") == true)
        #expect(try self.description.value(at: "#/info/version") as? String == pushaasVersion)
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
    }

    @Test func showsAnExampleOfEveryBody() throws {
        for operation in self.description.operations {
            let name = "\(operation.method) \(operation.path)"
            #expect((operation.fields["summary"] as? String)?.isEmpty == false, "\(name)")
            #expect((operation.fields["tags"] as? [String])?.count == 1, "\(name)")
            let responses = operation.fields["responses"] as? [String: [String: Any]] ?? [:]
            #expect(!responses.isEmpty, "\(name)")
            for (status, response) in responses {
                let content = try self.description.resolve(response)["content"] as? [String: [String: Any]] ?? [:]
                for media in content.values {
                    #expect(media["schema"] != nil, "\(name) \(status)")
                    #expect(media["example"] != nil || media["examples"] != nil, "\(name) \(status)")
                }
            }
            let body = operation.fields["requestBody"] as? [String: Any] ?? [:]
            let content = body["content"] as? [String: [String: Any]] ?? [:]
            // Forms and JSON are read by the same code, so whoever takes one takes the other.
            #expect(content.isEmpty || Set(content.keys) == ["application/x-www-form-urlencoded", "application/json"], "\(name)")
            for media in content.values { #expect((media["examples"] as? [String: Any])?.isEmpty == false, "\(name)") }
        }
    }

    @Test func saysWhatNeedsASignIn() throws {
        let schemes = try self.description.value(at: "#/components/securitySchemes") as? [String: Any] ?? [:]
        #expect(Set(schemes.keys) == ["basic"])
        let open: Set<String> = ["/api/v1/openapi.json", "/healthz", "/readyz", "/metrics"]
        for operation in self.description.operations {
            let named = (operation.fields["security"] as? [[String: Any]] ?? []).flatMap(\.keys)
            #expect(named == (open.contains(operation.path) ? [] : ["basic"]), "\(operation.method) \(operation.path)")
            let statuses = Set((operation.fields["responses"] as? [String: Any] ?? [:]).keys)
            #expect(statuses.isSuperset(of: ["401", "429"]) == !named.isEmpty, "\(operation.method) \(operation.path)")
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
        let known = Set(ServiceErrorCode.allCases.map(\.rawValue))
        #expect(known.subtracting(described) == [], "codes that no operation names")
        // Errors that concern no operation have the HTTP status as their code.
        #expect(described.subtracting(known).filter { !(400..<600).contains($0) } == [], "codes that do not exist")
    }

    @Test func namesTheFieldsAndValuesOfTheCode() throws {
        func fields(_ schemas: [String]) throws -> Set<String> {
            try schemas.reduce(into: []) { $0.formUnion(try self.description.properties(of: $1).keys) }
        }
        #expect(
            try fields(["NewInstanceForm", "InstanceChangeForm", "BindForm", "UnitForm", "JobForm"])
                == Set(ServiceRequest.texts.map(\.form) + ServiceRequest.lists.map(\.form)))
        #expect(
            try fields(["NewInstance", "InstanceChange", "BindRequest", "UnitRequest", "JobRequest"])
                == Set(ServiceRequest.texts.map(\.json) + ServiceRequest.lists.map(\.json)))
        func values(_ schema: String) throws -> Set<String> {
            Set(try self.description.schema(schema)["enum"] as? [String] ?? [])
        }
        #expect(try values("InstanceStatus") == Set(InstanceStatus.allCases.map(\.rawValue)))
        #expect(try values("JobKind") == Set(JobKind.allCases.map(\.rawValue)))
        #expect(try values("StepState") == Set(StepState.allCases.map(\.rawValue)))
        let name = try self.description.schema("InstanceName")
        #expect(name["maxLength"] as? Int == ServiceName.maximumInstanceLength)
        let subject = try self.description.schema("SubjectName")
        #expect(subject["maxLength"] as? Int == ServiceName.maximumBoundLength)
        let id = try self.description.schema("InstanceID")
        let pattern = try #require(id["pattern"] as? String)
        #expect(InstanceID.random().rawValue.range(of: pattern, options: .regularExpression) != nil)
    }

    @Test(arguments: [
        "mychat", "a", "my_chat-2", "2chat", "plans", "instances", "plansx", "xplans", "a b", "ünï", "", "-ab", "Ab",
    ])
    func instanceNamesAreTheSame(name: String) throws {
        let schema = try self.description.schema("InstanceName")
        let pattern = try #require(schema["pattern"] as? String)
        #expect((name.range(of: pattern, options: .regularExpression) != nil) == ServiceName.isInstance(name))
    }

    @Test(arguments: ["shop", "a", "2", "my.app", "-a", "a_b", "a b", "", ".a", "ünï"])
    func namesOfAppsAreTheSame(name: String) throws {
        let schema = try self.description.schema("SubjectName")
        let pattern = try #require(schema["pattern"] as? String)
        #expect((name.range(of: pattern, options: .regularExpression) != nil) == ServiceName.isBound(name))
    }
}

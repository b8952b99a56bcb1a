import Foundation
import PushTestSupport
import PushaasCurl
import PushaasTestProvider
import Testing

@testable import PushaasServer

/// The answers of a pushaas that serves, against the schemas of the OpenAPI document.
@Suite struct DescribedAnswersTests {
    @Test func answersHaveTheFieldsThatAreDescribed() async throws {
        try await withService { service in
            let answers = DescribedAnswers(description: try APIDescription())
            #expect(try await service.send("GET", "/resources/instances").status == 404)
            let instance = try await service.createRunning()
            try await answers.check(service.send("POST", "/resources/mychat/bind-app", [("app-name", "shop")]), "Variables")
            try await answers.check(service.send("GET", "/resources/plans"), "ServicePlan")
            try await answers.check(service.send("GET", "/resources/instances"), "ServiceInstance")
            try await answers.check(service.send("GET", "/resources/mychat"), "InfoItem")
            try await answers.check(service.send("GET", "/plans"), "Plan")
            try await answers.check(service.send("GET", "/auth"), "SignedIn")
            try await answers.check(service.send("GET", "/instances"), "InstanceList")
            try await answers.check(service.send("GET", "/instances/mychat"), "Instance")
            try await answers.check(service.send("POST", "/instances/mychat/inspect", text: nil), "Drift")
            try await answers.check(service.send("POST", "/instances", [("name", "other")]), "CreatedInstance")
            try await answers.check(service.send("PUT", "/instances/mychat/plan", [("plan", "medium")]), "Accepted")
            // With a job that waits, an instance on its way to another plan, and a destroyed one.
            #expect(try await service.send("DELETE", "/instances/other").status == 204)
            try await answers.check(service.send("GET", "/instances"), "InstanceList")
            try await answers.check(service.send("GET", "/instances/mychat"), "Instance")
            #expect(try await service.send("DELETE", "/instances/mychat").status == 204)
            try await answers.check(service.send("GET", "/destroyed/\(instance.id)"), "DestroyedInstance")
            try await answers.check(service.send("GET", "/instances/mychat"), "Error")
        }
    }
}

/// Holds answers against the document.
private struct DescribedAnswers {
    let description: APIDescription

    /// - Parameter schema: Of the answer, or of each of its elements.
    func check(_ answer: CurlResponse, _ schema: String) throws {
        let value = try JSONSerialization.jsonObject(with: Data(answer.body))
        let values = value as? [Any] ?? [value]
        #expect(!values.isEmpty, "\(schema)")
        for value in values { try self.check(value, self.description.schema(schema), schema) }
    }

    /// Fields and their types, at every depth: none is missing that is required, and none is there that is not described.
    private func check(_ value: Any, _ schema: [String: Any], _ path: String) throws {
        let schema = try self.description.resolve(schema)
        if let values = schema["enum"] as? [String] {
            #expect(values.contains(value as? String ?? ""), "\(path): \(value)")
        }
        switch schema["type"] as? String {
        case "string": #expect(value is String, "\(path)")
        case "integer": #expect(value is Int, "\(path)")
        case "boolean": #expect(value is Bool, "\(path)")
        case "array":
            for element in try #require(value as? [Any], "\(path)") {
                try self.check(element, schema["items"] as? [String: Any] ?? [:], "\(path)[]")
            }
        case "object":
            let fields = try #require(value as? [String: Any], "\(path)")
            guard let properties = schema["properties"] as? [String: [String: Any]] else { return }
            #expect(Set(fields.keys).subtracting(properties.keys) == [], "\(path): not described")
            #expect(Set(schema["required"] as? [String] ?? []).subtracting(fields.keys) == [], "\(path): missing")
            for (name, field) in fields { try self.check(field, properties[name] ?? [:], "\(path).\(name)") }
        default: break
        }
    }
}

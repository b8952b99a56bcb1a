import Foundation
import PushRedis
import PushTestSupport
import PushaasCurl
import PushaasProvisioning
import PushaasTestProvider
import Testing

@testable import PushaasServer

@Suite struct AdminAPITests {
    private static let json = [(name: "Content-Type", value: "application/json")]

    @Test func `an instance is created, shown without secrets, changed, inspected and destroyed`() async throws {
        try await withService { service in
            #expect(try await service.send("GET", "/auth").text == #"{"data":{"user":"tsuru"}}"#)
            let plans = try await service.send("GET", "/plans").json([[String: Any]].self)
            #expect(plans.first?["isDefault"] as? Bool == true && plans.first?["cpu"] as? Int == 1000)
            let empty = try await service.send("GET", "/instances").json([String: Any].self)
            #expect(empty["provider"] as? String == "files" && (empty["instances"] as? [Any])?.isEmpty == true)

            let created = try await service.send(
                "POST", "/instances", text: #"{"name":"mychat","plan":"small"}"#, headers: Self.json)
            #expect(created.status == 201)
            let instance = try await service.run("mychat")
            let bind = try await service.send("POST", "/resources/mychat/bind-app", [("app-name", "shop")]).json(
                [String: String].self)
            let list = try await service.send("GET", "/instances").json([String: Any].self)
            let row = try #require((list["instances"] as? [[String: Any]])?.first)
            #expect(row["status"] as? String == "running" && row["bindings"] as? Int == 1)

            let shown = try await service.send("GET", "/instances/mychat")
            let fields = try shown.json([String: Any].self)
            #expect((fields["bindings"] as? [[String: Any]])?.first?["name"] as? String == "shop")
            let job = try #require(fields["job"] as? [String: Any])
            #expect((job["steps"] as? [[String: Any]])?.allSatisfy { $0["state"] as? String == "done" } == true)
            #expect((fields["log"] as? [Any])?.isEmpty == false)
            #expect((fields["figures"] as? [String: Any])?["subscribers"] as? Int == 0)
            for secret in [instance.secrets.apiPassword, instance.secrets.redisPassword, bind["PUSHAAS_PASSWORD"] ?? ""] {
                #expect(!shown.text.contains(secret))
            }

            #expect(try await service.send("POST", "/instances/mychat/retry", text: nil).status == 409)
            try service.provider.take("push-redis", of: instance.id)
            let drift = try await service.send("POST", "/instances/mychat/inspect", text: nil)
            #expect(drift.status == 200 && drift.text.contains("push-redis"))
            #expect(
                try await service.send("PUT", "/instances/mychat/plan", text: #"{"plan":"medium"}"#, headers: Self.json).status
                    == 202)
            #expect(try await service.send("PUT", "/instances/mychat/plan", text: "{}", headers: Self.json).status == 400)
            #expect(try await service.send("POST", "/instances/mychat/inspect", text: nil).status == 409)

            #expect(try await service.send("DELETE", "/instances/mychat", text: nil).status == 204)
            #expect(try await service.send("GET", "/instances/mychat").status == 404)
            let left = try await service.send("GET", "/instances").json([String: Any].self)
            #expect((left["destroyed"] as? [[String: Any]])?.first?["id"] as? String == instance.id.rawValue)
            let destroyed = try await service.send("GET", "/destroyed/\(instance.id)")
            #expect(destroyed.status == 200 && !destroyed.text.contains(instance.secrets.apiPassword))
            #expect(try await service.send("POST", "/destroyed/\(instance.id)/retry", text: nil).status == 202)
            #expect(try await service.send("GET", "/destroyed/x").status == 404)
        }
    }

    @Test func `a failed creation is tried again`() async throws {
        try await withService { service in
            try service.provider.fail("run-push-api", .permanent)
            try await service.send("POST", "/instances", text: #"{"name":"mychat"}"#, headers: Self.json)
            try await withWorker(service.instances, service.provider) { _ = try await service.instances.await("mychat", .failed) }
            try service.provider.fail("run-push-api", nil)
            #expect(try await service.send("POST", "/instances/mychat/retry", text: nil).status == 202)
            try await service.run("mychat")
            #expect(try await service.send("GET", "/resources/mychat/status").status == 204)
        }
    }

    @Test func `nothing is told without the password`() async throws {
        try await withService { service in
            for path in ["/instances", "/plans", "/auth", "/resources/plans", "/resources/a/status", "/destroyed/x"] {
                let answer = try await service.curl.send(CurlRequest("GET", service.url + path, timeout: .seconds(60)))
                #expect(answer.status == 401, "\(path)")
            }
        }
    }
}

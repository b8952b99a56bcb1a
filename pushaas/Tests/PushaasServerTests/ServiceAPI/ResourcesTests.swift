import Foundation
import PushTestSupport
import PushaasCurl
import PushaasProvisioning
import PushaasTestProvider
import Testing

@testable import PushaasServer

@Suite struct ResourcesTests {
    @Test func `plans are listed with name and description`() async throws {
        try await withService { service in
            let answer = try await service.send("GET", "/resources/plans")
            #expect(answer.status == 200)
            let plans = try answer.json([[String: String]].self)
            #expect(plans.map { $0["name"] } == ["small", "medium", "impossible"])
            #expect(plans[0] == ["name": "small", "description": "for tests"])
        }
    }

    @Test func `an instance goes from pending to up and away`() async throws {
        try await withService { service in
            #expect(try await service.send("GET", "/resources/instances").status == 404)
            let created = try await service.send(
                "POST", "/resources",
                [
                    ("name", "Ab_c"), ("team", "t"), ("user", "u@x.org"), ("tags", "a"), ("tags", "b"), ("description", "d"),
                    ("eventid", "5f"), ("parameters.x", "1"),
                ],
                headers: [("X-Tsuru-User", "u@x.org"), ("X-Tsuru-Eventid", "5f")])
            #expect(created.status == 201)
            let pending = try #require(try await service.instances.repository.instance("Ab_c"))
            #expect(pending.plan.name == "small" && pending.team == "t" && pending.user == "u@x.org")
            #expect(pending.tags == ["a", "b"] && pending.description == "d")
            #expect(
                service.log.lines.contains {
                    $0.contains("action=create") && $0.contains("event=5f") && $0.contains("user=u@x.org")
                })

            #expect(try await service.send("GET", "/resources/Ab_c/status").status == 202)
            let info = try await service.send("GET", "/resources/Ab_c").json([[String: String]].self)
            #expect(info.contains(["label": "Progress", "value": "waiting for a worker"]))
            let early = try await service.send("POST", "/resources/Ab_c/bind-app", [("app-name", "shop")])
            #expect(early.status == 412 && early.message.contains("still being created"))

            try await service.run("Ab_c")
            #expect(try await service.send("GET", "/resources/Ab_c/status").status == 204)
            service.pushAPI.state.withLock { state in
                state.subscribers = 3
                state.published = 41
            }
            let items = try await service.send("GET", "/resources/Ab_c").json([[String: String]].self)
            let values = Dictionary(uniqueKeysWithValues: items.map { ($0["label"] ?? "", $0["value"] ?? "") })
            #expect(values["Status"] == "up" && values["Plan"] == "small")
            #expect(
                values["Publish at"] == "http://\(pending.id).test:8080"
                    && values["Subscribe at"] == "http://\(pending.id).test:9080")
            #expect(values["Subscribers now"] == "3" && values["Messages today"] == "41")
            #expect(try await service.send("GET", "/resources/instances").json([[String: String]].self).first?["name"] == "Ab_c")

            #expect(try await service.send("DELETE", "/resources/Ab_c", [("user", "u@x.org"), ("eventid", "60")]).status == 200)
            // Something is left until a worker has been at it.
            #expect(try await service.send("DELETE", "/resources/Ab_c", []).status == 200)
            try await withWorker(service.instances, service.provider) { try await service.instances.awaitEnd(of: pending.id) }
            #expect(try await service.send("DELETE", "/resources/Ab_c").status == 404)
            for (method, path) in [
                ("GET", ""), ("GET", "/status"), ("POST", "/bind-app"), ("POST", "/bind"), ("DELETE", "/bind-app"), ("PUT", ""),
                ("PUT", "/binds/jobs/j"),
                ("DELETE", "/binds/jobs/j"),
            ] {
                let answer = try await service.send(method, "/resources/Ab_c\(path)", [("app-name", "shop"), ("plan", "medium")])
                #expect(answer.status == 404, "\(method) \(path): \(answer.text)")
            }
            #expect(try await service.send("POST", "/resources", [("name", "Ab_c"), ("user", "")]).status == 201)
        }
    }

    @Test func `of 50 parallel creates one succeeds`() async throws {
        try await withService { service in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        try await service.send("POST", "/resources", [("name", "mychat"), ("team", "t"), ("user", "u")]).status
                    }
                }
                return try await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
            }
            #expect(statuses == [201: 1, 409: 49])
            #expect(try await service.instances.jobs().count == 1)
        }
    }

    @Test func `a create that is refused leaves nothing`() async throws {
        try await withService { service in
            for (fields, word) in [
                ([("team", "t")], "name"), ([("name", "plans")], "plans"), ([("name", "a b")], "letter"),
                ([("name", "mychat"), ("plan", "huge")], "small, medium"),
                ([("name", "mychat"), ("plan", "impossible")], "no such plan here"),
                ([("name", String(repeating: "x", count: 201))], "200"),
            ] {
                let answer = try await service.send("POST", "/resources", fields)
                #expect(answer.status == 400 && answer.message.contains(word), "\(answer.text)")
            }
            #expect(
                try await service.send("POST", "/resources", text: "x", headers: [("Content-Type", "text/plain")]).status == 415)
            let large = String(repeating: "a", count: ServiceRequest.maximumBodySize + 1)
            #expect(try await service.send("POST", "/resources", [("name", large)]).status == 413)
            #expect(try await service.instances.allKeys() == [])
        }
    }

    @Test func `a creation that Redis carries out after it was refused is taken back`() async throws {
        try await withService(redisTimeout: .seconds(1)) { service in
            let create: @Sendable (String) async throws -> CurlResponse = { name in
                try await service.send("POST", "/resources", [("name", name)])
            }
            // So that Redis knows the script, and what it gets is all that it needs.
            try await eventually(within: .seconds(120), "a creation") { try await create("other").status == 201 }
            service.instances.server.pause()
            // At once, while there is a connection that takes both.
            async let wanted = create("mychat")
            async let unwanted = create("unwanted")
            for refused in try await [wanted, unwanted] {
                #expect(refused.status == 503 && refused.message.contains("was not created"), "\(refused.text)")
            }
            service.instances.server.resume()
            // tsuru knows of no instance, so its user can only create it again.
            var last = 0
            try await eventually(within: .seconds(120), "the name is free") {
                last = try await create("mychat").status
                return last != 503
            }
            #expect(last == 201)
            // One that nobody asks for again is taken back as well. A try that Redis was still too slow for may be one more.
            try await eventually(within: .seconds(120), "all are taken back") {
                let told = service.log.lines.filter { $0.contains("was taken back") }
                #expect(Set(told).count == told.count, "each is told once: \(told)")
                guard told.count >= 2, told.contains(where: { $0.contains("unwanted") }) else { return false }
                return try await service.instances.repository.instances().map(\.name).sorted() == ["mychat", "other"]
            }
            #expect(try await service.send("GET", "/resources/mychat/status").status == 202)
        }
    }

    @Test func `without Redis the answer is 503 with a sentence`() async throws {
        try await withService(redisTimeout: .seconds(1)) { service in
            try await service.instances.server.stop()
            for (method, path) in [
                ("POST", "/resources"), ("GET", "/resources/ab"), ("POST", "/resources/ab/bind-app"), ("DELETE", "/resources/ab"),
            ] {
                var request = CurlRequest(
                    method, service.url + path, body: Array("name=ab&app-name=a".utf8), timeout: .seconds(120))
                request.basic = ("tsuru", "abc123")
                request.headers = [("Content-Type", "application/x-www-form-urlencoded")]
                let answer = try await service.curl.send(request)
                #expect(answer.status == 503 && answer.message.contains("Redis"), "\(answer.text)")
            }
        }
    }

    @Test func `an update changes what is said, and the plan where that can be done`() async throws {
        try await withService { service in
            let instance = try await service.createRunning()
            func update(_ plan: String) async throws -> CurlResponse {
                try await service.send(
                    "PUT", "/resources/mychat",
                    [("description", "new"), ("team", "t2"), ("plan", plan), ("user", "u"), ("eventid", "7"), ("tags", "z")])
            }
            #expect(try await update("small").status == 200)
            var changed = try #require(try await service.instances.repository.instance("mychat"))
            #expect(changed.description == "new" && changed.team == "t2" && changed.tags == ["z"] && changed.status == .running)
            #expect(try await update("huge").status == 400)
            #expect(try await update("impossible").status == 422)
            #expect(try await update("medium").status == 200)
            let status = try await service.send("GET", "/resources/mychat/status")
            #expect(status.status == 200 && status.text.contains("medium"))
            // Again for the one that is on its way, and for another.
            #expect(try await update("medium").status == 200)
            let back = try await update("small")
            #expect(back.status == 422 && back.message.contains("under way"))
            try await withWorker(service.instances, service.provider) {
                _ = try await service.instances.await("mychat", .running)
            }
            changed = try #require(try await service.instances.repository.instance("mychat"))
            #expect(changed.plan.name == "medium" && changed.id == instance.id)
        }
    }

    @Test func `a failed creation is down, says why, and can be removed`() async throws {
        try await withService { service in
            try service.provider.fail("run-push-stream", .permanent)
            try await service.send("POST", "/resources", [("name", "mychat")])
            try await withWorker(service.instances, service.provider) { _ = try await service.instances.await("mychat", .failed) }
            let status = try await service.send("GET", "/resources/mychat/status")
            #expect(status.status == 500 && status.message.contains("remove it"))
            let info = try await service.send("GET", "/resources/mychat").json([[String: String]].self)
            #expect(
                info.contains {
                    $0["label"] == "Last failure" && $0["value"]?.contains("there is a file that forbids it") == true
                })
            let bind = try await service.send("POST", "/resources/mychat/bind-app", [("app-name", "shop")])
            #expect(bind.status == 412 && bind.message.contains("has failed"))
            #expect(try await service.send("PUT", "/resources/mychat", [("plan", "medium")]).status == 422)
            #expect(try await service.send("DELETE", "/resources/mychat").status == 200)
        }
    }

    @Test func `JSON, and the large headers of clusters, are taken`() async throws {
        try await withService { (service) async throws in
            let headers = [
                ("Content-Type", "application/json; charset=utf-8"),
                ("X-Tsuru-Cluster-Kube-Config", String(repeating: "A", count: 12_000)),
                ("X-Tsuru-Cluster-Addresses", "https://a"), ("X-Tsuru-Cluster-Addresses", "https://b"),
            ]
            let body = #"{"name":"mychat","team":"t","user":"u","eventID":"5f","parameters":{"a":[1]},"tags":["x"]}"#
            #expect(try await service.send("POST", "/resources", text: body, headers: headers).status == 201)
            #expect(
                try await service.send("DELETE", "/resources/mychat", text: #"{"user":"u","eventID":"5f"}"#, headers: headers)
                    .status == 200)
        }
    }
}

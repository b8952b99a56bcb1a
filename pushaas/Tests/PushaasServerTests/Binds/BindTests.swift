import Foundation
import PushRedis
import PushTestSupport
import PushaasCurl
import PushaasProvisioning
import PushaasTestProvider
import Testing

@testable import PushaasServer

@Suite struct BindTests {
    private static func bind(_ service: RunningService, _ app: String = "shop", path: String = "bind-app") async throws
        -> CurlResponse
    {
        try await service.send(
            "POST", "/resources/mychat/\(path)",
            [("app-name", app), ("app-host", ""), ("app-hosts", ""), ("user", "u"), ("eventid", "5f")])
    }

    private static func unbind(_ service: RunningService, _ app: String = "shop") async throws -> Int {
        // An app without a router has no hosts.
        try await service.send("DELETE", "/resources/mychat/bind-app", [("app-name", app), ("user", "u"), ("eventid", "60")])
            .status
    }

    @Test func `each app has a key of its own, and a second bind gets the same`() async throws {
        try await withService { service in
            let instance = try await service.createRunning()
            let first = try await Self.bind(service)
            #expect(first.status == 201)
            let variables = try first.json([String: String].self)
            #expect(variables.keys.sorted() == ["PUSHAAS_ENDPOINT", "PUSHAAS_PASSWORD", "PUSHAAS_USERNAME"])
            #expect(variables["PUSHAAS_ENDPOINT"] == "http://\(instance.id).test:8080" && variables["PUSHAAS_USERNAME"] == "shop")
            #expect(service.pushAPI.texts == [variables["PUSHAAS_PASSWORD"]])
            #expect(service.pushAPI.state.withLock { $0.keys.values.first?.scopes.sorted() } == ["channels", "publish", "stats"])
            let secrets = "\(instance.secrets.apiUser):\(instance.secrets.apiPassword)"
            #expect(service.pushAPI.state.withLock { $0.credentials } == ["Basic \(Data(secrets.utf8).base64EncodedString())"])

            let second = try await Self.bind(service)
            #expect(second.status == 201 && second.text == first.text)
            // The older way, to which tsuru falls back.
            let older = try await Self.bind(service, path: "bind")
            #expect(older.status == 201 && older.text == first.text)
            let other = try await Self.bind(service, "blog").json([String: String].self)
            #expect(other["PUSHAAS_PASSWORD"] != variables["PUSHAAS_PASSWORD"])
            #expect(service.pushAPI.names == ["app blog", "app shop"])

            #expect(try await Self.unbind(service) == 200)
            #expect(service.pushAPI.names == ["app blog"])
            #expect(try await Self.unbind(service) == 404)
            #expect(try await service.send("POST", "/resources/mychat/bind-app", []).status == 400)
            #expect(try await service.send("DELETE", "/resources/mychat/bind-app", []).status == 400)
            #expect(!service.log.lines.joined().contains("psk_"))
        }
    }

    @Test func `many binds of one app at once make one key`() async throws {
        try await withService { service in
            _ = try await service.createRunning()
            let answers = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<8 { group.addTask { try await Self.bind(service).text } }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(answers.count == 1)
            #expect(service.pushAPI.texts.count == 1)
        }
    }

    @Test func `a key whose answer was lost is replaced at the next bind`() async throws {
        try await withService { service in
            _ = try await service.createRunning()
            service.pushAPI.state.withLock { $0.losesNextAnswer = true }
            let lost = try await Self.bind(service)
            #expect(lost.status == 503 && lost.message.contains("try again"))
            #expect(service.pushAPI.names == ["app shop"])
            // Nothing is bound: tsuru thinks so too.
            #expect(try await Self.unbind(service) == 404)
            let password = try await Self.bind(service).json([String: String].self)["PUSHAAS_PASSWORD"]
            #expect(service.pushAPI.texts == [password])
        }
    }

    @Test func `an unbind that tsuru undoes gives the same password back`() async throws {
        try await withService { service in
            _ = try await service.createRunning()
            let before = try await Self.bind(service).text
            #expect(try await Self.unbind(service) == 200)
            #expect(service.pushAPI.texts == [])
            // tsuru throws this answer away: the app goes on with what it had.
            let after = try await Self.bind(service)
            #expect(after.status == 201 && after.text == before)
            #expect(service.pushAPI.texts.count == 1)
        }
    }

    @Test func `the password of an unbound app is forgotten after an hour, whoever is unbound later`() async throws {
        try await withService { service in
            _ = try await service.createRunning()
            for app in ["shop", "blog"] { _ = try await Self.bind(service, app) }
            func formerKeys() async throws -> [String] {
                try await service.instances.allKeys().filter { $0.hasPrefix("bind-app-former:") }
            }
            #expect(try await Self.unbind(service, "shop") == 200)
            let shop = try #require(try await formerKeys().first)
            // Half of the hour is over.
            try await service.instances.redis.expire(shop, after: .seconds(1800))
            #expect(try await Self.unbind(service, "blog") == 200)
            guard case .remaining(let time) = try await service.instances.redis.ttl(shop) else {
                Issue.record("the password of the first one stays")
                return
            }
            #expect(time <= .seconds(1800))
            #expect(try await formerKeys().count == 2)
        }
    }

    @Test func `an unbind without push-api is told as done, and finished later`() async throws {
        try await withService { service in
            _ = try await service.createRunning()
            _ = try await Self.bind(service)
            service.pushAPI.state.withLock { $0.isAway = true }
            // An app whose service is away could not be removed otherwise.
            #expect(try await Self.unbind(service) == 200)
            #expect(service.log.lines.joined().contains("revoked later"))
            #expect(try await Self.bind(service).status == 503)
            await #expect(throws: (any Error).self) { try await service.binds.reconcile() }
            service.pushAPI.state.withLock { $0.isAway = false }
            try await service.binds.reconcile()
            #expect(service.pushAPI.texts == [])
            #expect(try await Self.unbind(service) == 404)
        }
    }

    @Test func `an unbind that was not finished can be undone`() async throws {
        try await withService { service in
            _ = try await service.createRunning()
            let before = try await Self.bind(service).text
            service.pushAPI.state.withLock { $0.isAway = true }
            #expect(try await Self.unbind(service) == 200)
            service.pushAPI.state.withLock { $0.isAway = false }
            #expect(try await Self.bind(service).text == before)
            try await service.binds.reconcile()
            #expect(service.pushAPI.texts.count == 1)
        }
    }

    @Test func `keys that an instance has lost are made again as they were`() async throws {
        try await withService { service in
            _ = try await service.createRunning()
            let shop = try await Self.bind(service).text
            _ = try await Self.bind(service, "blog")
            let before = service.pushAPI.texts
            // Its Redis has no volume and has begun anew.
            service.pushAPI.state.withLock { $0.keys = [:] }
            #expect(try await Self.bind(service).text == shop)
            try await service.binds.reconcile()
            #expect(service.pushAPI.texts == before)
        }
    }

    @Test func `jobs are bound beside apps of the same name`() async throws {
        try await withService { service in
            _ = try await service.createRunning()
            let app = try await Self.bind(service).text
            let path = "/resources/mychat/binds/jobs/shop"
            let job = try await service.send("PUT", path, [("job-name", "shop"), ("user", "u"), ("eventid", "1")])
            #expect(job.status == 201 && job.text != app)
            #expect(
                try await service.send("PUT", path, text: #"{"jobName":"shop"}"#, headers: [("Content-Type", "application/json")])
                    .text == job.text)
            #expect(service.pushAPI.names == ["app shop", "job shop"])
            #expect(try await service.send("DELETE", path, [("user", "u"), ("eventid", "2")]).status == 200)
            #expect(try await service.send("DELETE", path, []).status == 404)
            #expect(service.pushAPI.names == ["app shop"])
        }
    }

    @Test func `units of old versions are bound and unbound by their address`() async throws {
        try await withService { service in
            let instance = try await service.createRunning()
            _ = try await Self.bind(service)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<10 {
                    group.addTask {
                        try await service.send(
                            "POST", "/resources/mychat/bind",
                            [("app-name", "shop"), ("app-host", "a"), ("unit-host", "10.0.0.\(number % 5)")]
                        ).status
                    }
                }
                return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
            }
            #expect(statuses == [201])
            #expect(try await service.binds.list(instance).first?.units == (0..<5).map { "10.0.0.\($0)" })
            func unbind(_ host: String) async throws -> Int {
                try await service.send(
                    "DELETE", "/resources/mychat/bind", [("app-host", "cname.example.org"), ("unit-host", host)]
                ).status
            }
            #expect(try await unbind("10.0.0.1") == 200)
            // tsuru stops at anything else.
            #expect(try await unbind("10.0.0.1") == 200)
            #expect(try await service.binds.list(instance).first?.units.count == 4)
            #expect(try await service.send("DELETE", "/resources/mychat/bind", [("app-host", "a")]).status == 400)
            #expect(try await Self.unbind(service) == 200)
            #expect(try await service.instances.allKeys().contains("bind-unit:mychat") == false)
        }
    }

    @Test func `binds do not outlive their instance`() async throws {
        try await withService { service in
            let instance = try await service.createRunning()
            let old = try await Self.bind(service).text
            #expect(try await service.send("DELETE", "/resources/mychat").status == 200)
            // A request that had read the instance before.
            let late = try await service.binds.bind(.init(.app, "late"), to: instance, .init(eventID: "", hosts: []))
            #expect(late == .absent)
            _ = try await service.createRunning()
            #expect(try await Self.unbind(service) == 404)
            #expect(try await Self.bind(service).text != old)
        }
    }

    @Test func `the day's messages are counted from midnight, and over a Redis that began anew`() async throws {
        try await withService { service in
            let instance = try await service.createRunning()
            let clock = Shared(instance.created)
            let reader = InstanceFiguresReader(
                redis: service.instances.redis, keys: service.instances.keys,
                api: InstanceAPIClient(curl: service.curl, timeout: .seconds(60)),
                timeout: .seconds(60)
            ) { clock.withLock { $0 } }
            func count(_ published: Int?) async -> Int? {
                service.pushAPI.state.withLock { $0.published = published }
                return await reader.figures(of: instance).messagesToday
            }
            #expect(await count(5) == 5)
            #expect(await count(9) == 9)
            clock.withLock { $0 += 86_400_000 }
            #expect(await count(9) == 0)
            #expect(await count(12) == 3)
            #expect(await count(2) == 5)
            #expect(await count(4) == 7)
            #expect(await count(nil) == nil)
            service.pushAPI.state.withLock { $0.isAway = true }
            #expect(await reader.figures(of: instance).problem?.contains("push-api is away") == true)
            // One that was made earlier begins with what it has.
            try await service.instances.redis.delete(service.instances.keys.figures(instance.id))
            service.pushAPI.state.withLock { $0.isAway = false }
            #expect(await count(100) == 0)
            #expect(await count(101) == 1)
        }
    }
}

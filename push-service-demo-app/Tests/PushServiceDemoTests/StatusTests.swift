import Foundation
import HTTPTypes
import PushServiceDemo
import PushTestSupport
import Testing

@Suite("Status") struct StatusTests {
    private static let names = ["PUSHAAS_ENDPOINT", "PUSHAAS_USERNAME", "PUSHAAS_PASSWORD"]

    private static func check(_ name: String, _ demo: RunningDemo) async throws -> StatusReport.Check {
        try #require(try await demo.report().checks.first { $0.name == name })
    }

    @Test("Each missing variable is named, with what it is and what to do", arguments: Self.names, ["gone", "empty"])
    func missing(name: String, how: String) async throws {
        let fake = try await FakePushAPI()
        var variables = fake.variables
        variables[name] = how == "empty" ? "" : nil
        try await RunningDemo.run(variables: variables) { demo in
            let report = try await demo.report()
            #expect(!report.working)
            #expect(report.pushStream == nil)
            for other in Self.names {
                let check = try await Self.check(other, demo)
                #expect(check.state == (other == name ? .problem : .working))
                #expect(check.text.hasPrefix(other == name ? "\(name) is missing: it is the " : "\(other) is set."))
            }
            let check = try await Self.check(name, demo)
            #expect(check.advice?.contains("with \(name) set") == true)
            #expect(check.command == "tsuru service instance bind pushaas NAME -a APP")
            #expect(try await Self.check("push-api", demo).text == "push-api was not asked, because \(name) is missing.")
            #expect(fake.requests == 0)
            let page = try await demo.get("/status")
            #expect(page.status == 200)
            #expect(page.text.contains("\(name) is missing"))
            #expect(page.text.contains("tsuru service instance bind pushaas NAME -a APP"))
            #expect(try await demo.get("/").status == 200)
            #expect(try await demo.get("/readyz").status == 200)
        }
        await fake.stop()
    }

    @Test("All three missing are told at once") func allMissing() async throws {
        try await RunningDemo.run { demo in
            let page = try await demo.get("/status").text
            for name in Self.names { #expect(page.contains("\(name) is missing")) }
            #expect(
                try await Self.check("push-api", demo).text
                    == "push-api was not asked, because PUSHAAS_ENDPOINT and PUSHAAS_USERNAME and PUSHAAS_PASSWORD are missing.")
        }
    }

    @Test("With everything right it says so, and where push-stream is, and nothing secret") func working() async throws {
        let fake = try await FakePushAPI()
        try await RunningDemo.run(
            variables: fake.variables.merging(["PUSHAAS_ENDPOINT": "http://127.0.0.1:\(fake.port)/"]) { $1 }
        ) { demo in
            let answer = try await demo.get("/api/config")
            let report = try answer.json(StatusReport.self)
            #expect(report.working, "\(report)")
            #expect(report.pushStream?.url == "http://127.0.0.1:\(fake.port)")
            #expect(try await Self.check("push-api", demo).text.contains("push-api answers at http://127.0.0.1:\(fake.port),"))
            #expect(try await Self.check("push-stream", demo).state == .working)
            let texts = [answer.text, try await demo.get("/status").text, try await demo.get("/").text]
            for text in texts { #expect(!text.contains("s3cret")) }
        }
        await fake.stop()
    }

    @Test(
        "An endpoint that is no address is told without its text",
        arguments: [
            ("localhost:8080", "no address that begins with http:// or https://"), ("ftp://host", "no address that begins"),
            ("http://", "no address that begins"), ("http://app:covert@host:1", "holds a user or a password"),
            ("http://host/?a=covert", "has a ? or a #"),
        ])
    func invalidEndpoint(endpoint: String, sentence: String) async throws {
        let variables = ["PUSHAAS_ENDPOINT": endpoint, "PUSHAAS_USERNAME": "app", "PUSHAAS_PASSWORD": "x"]
        try await RunningDemo.run(variables: variables) { demo in
            let check = try await Self.check("push-api", demo)
            #expect(check.state == .problem)
            #expect(check.text.contains(sentence), "\(check)")
            let page = try await demo.get("/status").text
            #expect(!page.contains("covert"))
        }
    }

    @Test("A wrong password is told from a push-api that is away") func password() async throws {
        let fake = try await FakePushAPI()
        try await RunningDemo.run(variables: fake.variables.merging(["PUSHAAS_PASSWORD": "wrong one"]) { $1 }) { demo in
            let wrong = try await Self.check("push-api", demo)
            #expect(wrong.state == .problem)
            #expect(wrong.text.contains("does not take this user and password"))
            #expect(wrong.advice?.contains("PUSHAAS_USERNAME or PUSHAAS_PASSWORD is wrong") == true)
            #expect(wrong.command?.contains("unbind") == true)
            #expect(try await Self.check("push-stream", demo).text.contains("not known"))

            await fake.stop()
            try await eventually("it is told that push-api is away") {
                try await Self.check("push-api", demo).text.contains("does not answer at http://127.0.0.1:\(fake.port)")
            }
            let away = try await Self.check("push-api", demo)
            #expect(away.text.lowercased().contains("refused"), "\(away)")
            #expect(away.advice?.contains("Changes are kept") == true)
        }
    }

    @Test("What else push-api may say is passed on, and what is not push-api is told") func others() async throws {
        let fake = try await FakePushAPI()
        try await RunningDemo.run(variables: fake.variables) { demo in
            for (status, body, sentence) in [
                (
                    HTTPResponse.Status.forbidden, "{\"code\":403,\"message\":\"no scope\"}",
                    "does not allow what this app asks for: no scope"
                ),
                (.serviceUnavailable, "{\"code\":503,\"message\":\"Redis is away\"}", "answers with status 503: Redis is away"),
                (.notFound, "<html>", "answers with status 404."), (.ok, "<html>", "is not push-api (status 200)"),
                (.found, "", "is not push-api (status 302)"),
            ] {
                fake.answer(.refusing(status, body: body))
                let check = try await Self.check("push-api", demo)
                #expect(check.state == .problem)
                #expect(check.text.contains(sentence), "\(check)")
                #expect(check.advice != nil)
            }
        }
        await fake.stop()
    }

    @Test("A push-stream that does not answer is told, with the address that can be put right") func pushStream() async throws {
        let fake = try await FakePushAPI()
        let nobody = try freePort()
        fake.tell(pushStreamURL: "http://127.0.0.1:\(nobody)")
        try await RunningDemo.run(variables: fake.variables) { demo in
            let check = try await Self.check("push-stream", demo)
            #expect(check.state == .problem)
            #expect(check.text.contains("does not answer this app at http://127.0.0.1:\(nobody)"))
            #expect(check.advice?.contains("push_stream.url") == true)
            #expect(try await Self.check("push-api", demo).state == .working)
            #expect(try await demo.report().pushStream?.url == "http://127.0.0.1:\(nobody)")
        }
        // A container reaches it elsewhere than browsers do, who are told their address all the same.
        let elsewhere = ["DEMO_PUSH_STREAM__URL": "http://127.0.0.1:\(fake.port)"]
        try await RunningDemo.run(variables: fake.variables.merging(elsewhere) { $1 }) { demo in
            let report = try await demo.report()
            #expect(report.working, "\(report)")
            #expect(report.pushStream?.url == "http://127.0.0.1:\(nobody)")
        }
        await fake.stop()
    }

    @Test("Where push-stream is stays known while push-api is away") func remembered() async throws {
        let fake = try await FakePushAPI()
        try await RunningDemo.run(variables: fake.variables) { demo in
            #expect(try await demo.report().working)
            await fake.stop()
            let report = try await demo.report()
            #expect(!report.working)
            #expect(report.pushStream?.url == "http://127.0.0.1:\(fake.port)")
        }
    }

    @Test("A platform's health check is about the app alone") func healthCheck() async throws {
        try await RunningDemo.run { demo in
            let answer = try await demo.get("/api/healthcheck")
            #expect(answer.status == 200)
            #expect(answer.text == #"{"data":{"services":[{"service":"app","status":"working"}]}}"#)
            #expect(try await demo.get("/healthz").status == 200)
            #expect(try await demo.get("/api").text == #"{"data":{"app":"push-service-demo-app"}}"#)
        }
    }
}

import Foundation
import HTTPTypes
import NIOHTTP1
import PushServiceDemo
import PushTestSupport
import Testing

@Suite("Publishing changes") struct OutboxTests {
    private static func changes(_ fake: FakePushAPI) throws -> [ArticleChange] {
        try fake.publications.map { try JSONDecoder().decode(ArticleChange.self, from: Data($0.content.utf8)) }
    }

    private static func titles(_ fake: FakePushAPI) throws -> [String] { try self.changes(fake).map(\.article.title) }

    @Test("Each change is published once, in order, on both channels, which are made before") func order() async throws {
        let fake = try await FakePushAPI()
        try await RunningDemo.run(variables: fake.variables) { demo in
            let article = try await demo.create("One", text: "The text")
            let edited = try await demo.update(article, title: "Two")
            #expect(try await demo.send(.DELETE, "/api/articles/\(article.id)").status == 204)
            try await eventually("three changes are published") { fake.publications.count == 3 }
            let changes = try Self.changes(fake)
            #expect(changes.map(\.kind) == [.created, .updated, .deleted])
            #expect(changes.map(\.article.version) == [1, 2, 3])
            #expect(changes[1].article.title == "Two")
            #expect(changes[1].article.updated == edited.updated)
            #expect(changes[0].article.excerpt == "The text")
            for publication in fake.publications { #expect(publication.channels == ["articles", "article-\(article.id)"]) }
            #expect(fake.channels == ["articles": 0, "article-\(article.id)": 86_400])
            #expect(Set(fake.keys).count == 3)
            let metrics = try await demo.get("/metrics").text
            #expect(metrics.contains("push_demo_published_total 3"))
            #expect(metrics.contains("push_demo_changes_total{kind=\"updated\"} 1"))
        }
        await fake.stop()
    }

    @Test("A forms's change is published, too") func forms() async throws {
        let fake = try await FakePushAPI()
        try await RunningDemo.run(variables: fake.variables) { demo in
            _ = try await demo.submit("/articles", [("title", "From a form"), ("text", "")])
            try await eventually("it is published") { try Self.titles(fake) == ["From a form"] }
        }
        await fake.stop()
    }

    @Test("While push-api is away the app goes on, and afterwards it catches up in order") func catchingUp() async throws {
        let fake = try await FakePushAPI()
        try await RunningDemo.run(variables: fake.variables) { demo in
            try await demo.create("0")
            try await eventually("the first change is published") { fake.publications.count == 1 }
            await fake.stop()
            for number in 1...20 { try await demo.create("\(number)") }
            try await eventually("the status tells what waits") {
                try await demo.report().checks.contains {
                    $0.name == "Changes" && $0.state == .problem && $0.text.contains("20 changes wait")
                }
            }
            #expect(try await demo.get("/").status == 200)
            #expect(try await demo.get("/readyz").status == 200)
            try await fake.start()
            try await eventually("all is published") { fake.publications.count == 21 }
            #expect(try Self.titles(fake) == (0...20).map { "\($0)" })
            try await eventually("the status is good again") { try await demo.report().working }
        }
        await fake.stop()
    }

    @Test("A push-api that does not answer holds nothing up") func silent() async throws {
        let fake = try await FakePushAPI()
        fake.answer(.silent)
        var times = DemoTimes.short
        times.timeout = .milliseconds(300)
        times.publishTimeout = .milliseconds(300)
        try await RunningDemo.run(variables: fake.variables, times: times) { demo in
            try await demo.create("Written")
            #expect(try await demo.get("/").text.contains("Written"))
            try await eventually("the status tells it") {
                try await demo.report().checks.contains { $0.name == "push-api" && $0.text.contains("no answer in time") }
            }
            fake.answer(.working)
            try await eventually("it is published") { try Self.titles(fake) == ["Written"] }
        }
        await fake.stop()
    }

    @Test("An answer that was lost does not make two messages") func repetition() async throws {
        let fake = try await FakePushAPI()
        fake.answer(.forgetful)
        try await RunningDemo.run(variables: fake.variables) { demo in
            try await demo.create("Once")
            try await eventually("it is repeated") { fake.keys.count >= 3 }
            fake.answer(.working)
            try await demo.create("Then")
            try await eventually("the next one follows") { try Self.titles(fake) == ["Once", "Then"] }
            #expect(Set(fake.keys).count == 2)
        }
        await fake.stop()
    }

    @Test("A wrong password, and later the right one, lose nothing") func refusedCredentials() async throws {
        let fake = try await FakePushAPI()
        fake.answer(.refusing(.unauthorized, body: "{\"code\":401,\"message\":\"wrong credentials\"}"))
        try await RunningDemo.run(variables: fake.variables) { demo in
            try await demo.create("Waits")
            try await eventually("it was refused") { fake.requests >= 3 }
            #expect(fake.publications.isEmpty)
            fake.answer(.working)
            try await eventually("it is published") { try Self.titles(fake) == ["Waits"] }
        }
        await fake.stop()
    }

    @Test("A change that push-api never takes does not stand in the way of the others") func neverTaken() async throws {
        let fake = try await FakePushAPI()
        fake.answer(.choosy("Unwanted"))
        try await RunningDemo.run(variables: fake.variables) { demo in
            try await demo.create("Unwanted")
            try await demo.create("Wanted")
            try await eventually("the next one is published") { try Self.titles(fake) == ["Wanted"] }
            #expect(try await demo.get("/metrics").text.contains("push_demo_refused_total 1"))
        }
        await fake.stop()
    }

    @Test("A restart keeps articles and what is still to be published") func restart() async throws {
        let folder = try TemporaryDirectory()
        let database = folder.file("demo.sqlite")
        let fake = try await FakePushAPI()
        await fake.stop()
        let article = try await RunningDemo.run(database: database, variables: fake.variables) { demo in
            let article = try await demo.create("Kept", text: "all of it")
            return try await demo.update(article, title: "Kept on")
        }
        try await fake.start()
        try await RunningDemo.run(database: database, variables: fake.variables) { demo in
            #expect(try await demo.get("/api/articles/\(article.id)").json(Article.self) == article)
            try await eventually("both changes are published") { try Self.titles(fake) == ["Kept", "Kept on"] }
        }
        await fake.stop()
    }

    @Test("Without a Push Service changes are kept, and are published once there is one") func boundLater() async throws {
        let folder = try TemporaryDirectory()
        let database = folder.file("demo.sqlite")
        let fake = try await FakePushAPI()
        try await RunningDemo.run(database: database) { demo in
            try await demo.create("Before")
            let checks = try await demo.report().checks
            #expect(
                checks.contains {
                    $0.name == "Changes" && $0.text == "1 change waits to be published: no Push Service can be used yet."
                })
        }
        try await RunningDemo.run(database: database, variables: fake.variables) { _ in
            try await eventually("it is published") { try Self.titles(fake) == ["Before"] }
        }
        await fake.stop()
    }

    @Test("The largest change fits into a message of push-stream, which has 32 KB after percent-encoding") func size()
        async throws
    {
        let fake = try await FakePushAPI()
        try await RunningDemo.run(variables: fake.variables) { demo in
            let quotes = String(repeating: "\"", count: 200)
            let wide = String(repeating: "😀", count: 200)
            try await demo.create(wide, text: String(repeating: "😀", count: 20_000))
            try await demo.create(quotes, text: String(repeating: "\\\"", count: 10_000))
            try await eventually("both are published") { fake.publications.count == 2 }
            for publication in fake.publications {
                let encoded = try #require(publication.content.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
                #expect(encoded.utf8.count < 32_768)
            }
        }
        await fake.stop()
    }
}

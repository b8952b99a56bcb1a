import Foundation
import IntegrationSupport
import PushTestSupport
import Testing

extension EndToEnd {
    /// push-service-demo-app with a real Push Service, in a browser with two tabs: what happens in one is seen in the other.
    @Suite struct ServiceDemo {
        @Test func `an article that is written, edited and deleted in one tab changes the lists of others at once`() async throws
        {
            try await withServiceDemo { demo in
                let reader = try await demo.tab()
                try await reader.awaitShown(.badge("Live"))
                try await reader.awaitShown(.link("Open me in two windows"))
                try await demo.mark(reader)
                let writer = try await demo.tab()
                try await demo.write("It's <b>new</b> & \"live\" 😀", "First line\nsecond line", in: writer)
                try await reader.awaitShown(.link("It's <b>new</b> & \"live\" 😀"))
                try await reader.awaitShown(.text("First line second line"))
                // Newest first.
                let first = Locator.path("//ol[@id='articles']/li[1]")
                #expect(try await reader.text(of: first).contains("Version 1"))

                try await demo.edit(title: "Edited", in: writer)
                try await reader.awaitShown(.link("Edited"))
                try await reader.awaitNone(.link("It's <b>new</b> & \"live\" 😀"))
                #expect(try await reader.text(of: first).contains("Version 2"))

                try await writer.click(.link("Delete"))
                try await writer.click(.button("Delete it"))
                try await reader.awaitNone(.link("Edited"))
                try await reader.awaitShown(.text("“Edited” was deleted."))
                try await demo.expectMark(reader)
                try await demo.expectCleanConsole()
            }
        }

        @Test func `the page of an article follows its edits with all of its text, and its end`() async throws {
            try await withServiceDemo { demo in
                let writer = try await demo.tab()
                try await demo.write("Followed", "old text", in: writer)
                let path: String = try await writer.evaluate("return location.pathname")
                let reader = try await demo.tab(at: path)
                try await reader.awaitShown(.badge("Live"))
                try await demo.mark(reader)
                let editor = try await demo.tab(at: "\(path)/edit")
                try await editor.awaitShown(.badge("Live"))
                try await editor.type("typed and not saved", into: .field("Text"))

                // Longer than a message of push-stream may be.
                let text = String(repeating: "Ein Wörtchen und noch eins. ", count: 600) + "Ende"
                try await writer.click(.link("Edit"))
                // Typing so much takes minutes.
                let _: Bool = try await writer.evaluate(
                    "document.getElementById('text').value = arguments[0]; return true", [text])
                try await writer.click(.button("Save"))
                try await reader.awaitShown(.text("Version 2 has just come."))
                #expect(try await reader.property("textContent", of: .path("//*[@id='text']")) == text)

                // Who edits is told, keeps what is typed, and sees both when it is too late.
                try await editor.awaitShown(.text("Somebody has saved version 2 meanwhile."))
                #expect(try await editor.property("value", of: .field("Text")) == "typed and not saved")
                try await editor.click(.button("Save"))
                try await editor.awaitShown(.text("it is version 2 now, and your change was made from version 1"))
                #expect(try await editor.property("value", of: .field("Text")) == "typed and not saved")
                try await editor.click(.button("Save"))
                try await reader.awaitShown(.text("typed and not saved"))

                try await editor.click(.link("Delete"))
                try await editor.click(.button("Delete it"))
                try await reader.awaitShown(.text("This article was deleted."))
                try await reader.awaitNone(.link("Edit"))
                try await demo.expectMark(reader)
                try await demo.expectCleanConsole(killed: true)
            }
        }

        @Test func `while the Push Service is away the app goes on and says so, and afterwards other tabs catch up`() async throws
        {
            try await withServiceDemo { demo in
                let reader = try await demo.tab()
                try await reader.awaitShown(.badge("Live"))
                try await demo.mark(reader)
                let writer = try await demo.tab()
                try await demo.deployment.kill(.pushService)

                try await reader.awaitShown(.badge("No live updates: see status"))
                try await demo.write("Written meanwhile", "x", in: writer)
                try await demo.edit(title: "And edited", in: writer)
                #expect(try await !reader.isShown(.link("And edited")))
                let status = try await demo.tab(at: "/status")
                try await status.awaitShown(.text("push-api does not answer at http://localhost:"))
                try await status.awaitShown(.text("2 changes wait to be published"))
                try await status.awaitShown(.text("This browser has no connection with push-stream."))
                #expect(try await Deployment.status(of: "/api/healthcheck", at: .port(demo.port)) == 200)

                try await demo.deployment.start()
                try await reader.awaitShown(.link("And edited"))
                try await reader.awaitShown(.badge("Live"))
                try await status.awaitShown(.text("All changes are published."))
                try await status.awaitShown(.text("This browser is connected to push-stream"))
                // And goes on live.
                try await demo.edit(title: "Live again", in: writer)
                try await reader.awaitShown(.link("Live again"))
                try await demo.expectMark(reader)
                try await demo.expectCleanConsole(killed: true)
            }
        }

        @Test func `pages that were loaded before the Push Service was there become live without being loaded again`()
            async throws
        {
            try await withServiceDemo { demo in
                // The app as it is started while nothing else is there yet, so that it does not know where push-stream is.
                try await demo.deployment.kill(.pushService)
                let folder = try TemporaryDirectory()
                let port = try ServicePort.allocate()
                let environment = demo.deployment.demoVariables.merging(["PORT": "\(port)"]) { $1 }
                try await withProcess(
                    "second push-service-demo-app", try Repository.binary("push-service-demo-app"), environment: environment,
                    workingDirectory: folder.path
                ) { process in
                    try await eventually(within: .seconds(60), "the second app serves") {
                        (try? await Deployment.status(of: "/readyz", at: .port(port))) == 200
                    }
                    let second = ServiceDemoRun(deployment: demo.deployment, browser: demo.browser, port: port, process: process)
                    let reader = try await second.tab()
                    try await reader.awaitShown(.badge("No live updates: see status"))
                    try await second.mark(reader)
                    let writer = try await second.tab()
                    try await second.write("Before", "x", in: writer)
                    try await demo.deployment.start()
                    try await reader.awaitShown(.badge("Live"))
                    try await reader.awaitShown(.link("Before"))
                    try await second.write("After", "x", in: writer)
                    try await reader.awaitShown(.link("After"))
                    try await second.expectMark(reader)
                }
            }
        }

        @Test func `the channels are there, that of an article for a day`() async throws {
            try await withServiceDemo { demo in
                let tab = try await demo.tab()
                try await demo.write("Kept", "x", in: tab)
                let id: String = try await tab.evaluate("return document.getElementById('article').dataset.id")
                struct Channel: Decodable { let id: String, ttl: Int }
                try await eventually(within: .seconds(60), "both channels are there") {
                    let answer = try await demo.deployment.publisher().send("GET", "/api/v1/channels")
                    let channels = try answer.json([Channel].self)
                    return channels.contains { $0.id == "articles" && $0.ttl == 0 }
                        && channels.contains { $0.id == "article-\(id)" && $0.ttl == 86_400 }
                }
            }
        }

        @Test func `the status names what is missing and what is wrong`() async throws {
            try await withServiceDemo(variables: [:]) { demo in
                let tab = try await demo.tab(at: "/status")
                for name in ["PUSHAAS_ENDPOINT", "PUSHAAS_USERNAME", "PUSHAAS_PASSWORD"] {
                    try await tab.awaitShown(.text("\(name) is missing"))
                }
                try await tab.awaitShown(.text("tsuru service instance bind pushaas NAME -a APP"))
                try await tab.awaitShown(.badge("No live updates: see status"))
                try await demo.write("Without", "x", in: tab)
            }
        }

        @Test func `a wrong password is told by the real push-api's answer`() async throws {
            try await withServiceDemo { demo in
                let folder = try TemporaryDirectory()
                let port = try ServicePort.allocate()
                let environment = demo.deployment.demoVariables.merging(["PORT": "\(port)", "PUSHAAS_PASSWORD": "wrong"]) { $1 }
                try await withProcess(
                    "app with a wrong password", try Repository.binary("push-service-demo-app"), environment: environment,
                    workingDirectory: folder.path
                ) { _ in
                    try await eventually(within: .seconds(60), "the app serves") {
                        (try? await Deployment.status(of: "/readyz", at: .port(port))) == 200
                    }
                    let tab = try await demo.browser.newTab()
                    try await tab.open("http://localhost:\(port)/status")
                    try await tab.awaitShown(.text("does not take this user and password"))
                }
            }
        }
    }
}

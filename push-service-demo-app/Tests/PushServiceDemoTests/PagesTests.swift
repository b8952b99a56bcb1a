import CDemoPages
import Foundation
import NIOHTTP1
import PushAdmin
import PushServiceDemo
import PushTestSupport
import Testing

@Suite("Pages") struct PagesTests {
    @Test("Forms write, edit and delete without any script") func forms() async throws {
        try await RunningDemo.run { demo in
            let form = try await demo.get("/articles/new")
            #expect(form.status == 200)
            #expect(form.text.contains("action=\"/articles\""))
            let written = try await demo.submit("/articles", [("title", "A & <b>"), ("text", "One\r\n<script>two</script>")])
            #expect(written.status == 303)
            let path = try #require(written.headers.first(name: "Location"))
            let page = try await demo.get(path)
            #expect(page.status == 200)
            #expect(page.text.contains("A &amp; &lt;b&gt;"))
            #expect(page.text.contains("One\n&lt;script&gt;two&lt;/script&gt;"))
            #expect(try await demo.get("/").text.contains("<a href=\"\(path)\">A &amp; &lt;b&gt;</a>"))

            let edit = try await demo.get("\(path)/edit").text
            #expect(edit.contains("name=\"version\" value=\"1\""))
            // The line end behind the tag is the one that HTML leaves away.
            #expect(edit.contains(">\nOne\n&lt;script&gt;two&lt;/script&gt;</textarea>"))
            let edited = try await demo.submit(path, [("title", "B"), ("text", "\nLine"), ("version", "1")])
            #expect(edited.status == 303)
            #expect(edited.headers.first(name: "Location") == path)
            let id = try #require(Int64(path.split(separator: "/").last ?? ""))
            let article = try await demo.get("/api/articles/\(id)").json(Article.self)
            #expect((article.title, article.text, article.version) == ("B", "\nLine", 2))

            #expect(try await demo.get("\(path)/delete").text.contains("name=\"version\" value=\"2\""))
            let deleted = try await demo.submit("\(path)/delete", [("version", "2")])
            #expect(deleted.status == 303)
            #expect(deleted.headers.first(name: "Location") == "/")
            let gone = try await demo.get(path)
            #expect(gone.status == 404)
            #expect(gone.text.contains("There is no such page"))
        }
    }

    @Test("A form that is not right keeps what was typed, and says what is wrong beside the field") func validation() async throws
    {
        try await RunningDemo.run { demo in
            let article = try await demo.create("There")
            for path in ["/articles", "/articles/\(article.id)"] {
                let answer = try await demo.submit(path, [("title", " "), ("text", "typed & kept"), ("version", "1")])
                #expect(answer.status == 422)
                #expect(answer.headers.first(name: "Content-Type") == "text/html; charset=utf-8")
                #expect(answer.text.contains("typed &amp; kept</textarea>"))
                #expect(answer.text.contains("<p id=\"title-problem\" class=\"field-problem\">The title is empty"))
                #expect(answer.text.contains("aria-describedby=\"title-problem\""))
                #expect(!answer.text.contains("text-problem"))
            }
            let incomplete = try await demo.submit("/articles", [("title", "x")])
            #expect(incomplete.status == 400)
            #expect(incomplete.text.contains("The form is not complete"))
        }
    }

    @Test("Who was too late sees both versions, and can save over the other knowingly") func conflict() async throws {
        try await RunningDemo.run { demo in
            let article = try await demo.create("One", text: "old")
            try await demo.update(article, title: "Theirs")
            let path = "/articles/\(article.id)"
            let answer = try await demo.submit(path, [("title", "Mine"), ("text", "my text"), ("version", "1")])
            #expect(answer.status == 409)
            #expect(answer.text.contains("it is version 2 now, and your change was made from version 1"))
            #expect(answer.text.contains("Version 2: Theirs"))
            #expect(answer.text.contains("my text</textarea>"))
            #expect(answer.text.contains("name=\"version\" value=\"2\""))
            #expect(try await demo.submit(path, [("title", "Mine"), ("text", "my text"), ("version", "2")]).status == 303)
            #expect(try await demo.get("/api/articles/\(article.id)").json(Article.self).title == "Mine")

            let late = try await demo.submit("\(path)/delete", [("version", "2")])
            #expect(late.status == 409)
            #expect(late.text.contains("it is version 3 now"))
            #expect(late.text.contains("name=\"version\" value=\"3\""))
        }
    }

    @Test("Long lists have further pages") func pages() async throws {
        try await RunningDemo.run { demo in
            for number in 1...100 { try await demo.create("Number \(number)") }
            let first = try await demo.get("/").text
            #expect(first.contains("data-first"))
            let link = try #require(first.firstMatch(of: /href="(\/\?before=\d+)">Older/)).1
            let second = try await demo.get(String(link)).text
            #expect(second.contains("Newest articles"))
            #expect(!second.contains("data-first"))
            #expect(!second.contains("Older articles"))
        }
    }

    @Test("Every page lets only this app's own scripts and styles in, and every one of them is there") func assets() async throws
    {
        try await RunningDemo.run { demo in
            let article = try await demo.create("Here")
            var addresses: Set<String> = []
            for path in ["/", "/status", "/articles/new", "/articles/\(article.id)", "/articles/\(article.id)/edit", "/nowhere"] {
                let page = try await demo.get(path)
                let policy = try #require(page.headers.first(name: "Content-Security-Policy"))
                #expect(policy.contains("default-src 'none'"))
                #expect(!policy.contains("unsafe"))
                #expect(!policy.contains("http"))
                #expect(!page.text.contains("style=\""))
                #expect(page.text.matches(of: /<script(?! type="module" src=")/).isEmpty)
                for match in page.text.matches(of: /(?:src|href)="(\/assets\/[^"]+)"/) { addresses.insert(String(match.1)) }
            }
            #expect(addresses.count >= 6)
            var modules = addresses.filter { $0.hasSuffix(".js") }
            var seen = addresses
            while let module = modules.popFirst() {
                let text = try await demo.get(module).text
                for match in text.matches(of: /from "(\.[^"]+)"/) {
                    let address = URL(string: String(match.1), relativeTo: URL(string: module))?.standardized.path ?? ""
                    if seen.insert(address).inserted { modules.insert(address) }
                }
            }
            #expect(seen.contains { $0.hasSuffix("/js/live.js") })
            for address in seen {
                let file = try await demo.get(address)
                #expect(file.status == 200, "\(address)")
                #expect(file.headers.first(name: "Cache-Control") == "public, max-age=31536000, immutable")
            }
            let style = try #require(addresses.first { $0.hasSuffix(".css") })
            let compressed = try await demo.send(.GET, style, headers: [("Accept-Encoding", "gzip")])
            #expect(compressed.headers.first(name: "Content-Encoding") == "gzip")
            let tag = try #require(compressed.headers.first(name: "ETag"))
            #expect(try await demo.send(.GET, style, headers: [("If-None-Match", tag)]).status == 304)
            let other = style.replacingOccurrences(of: "/assets/", with: "/assets/x")
            #expect(try await demo.get(other).status == 404)
        }
    }

    @Test("The worker may speak with push-stream alone, and its modules are there") func worker() async throws {
        let fake = try await FakePushAPI()
        fake.tell(pushStreamURL: "https://stream.example.com:8443/path")
        try await RunningDemo.run(variables: fake.variables) { demo in
            let worker = try await demo.get("/live-worker.js")
            #expect(worker.headers.first(name: "Content-Type") == "text/javascript; charset=utf-8")
            #expect(worker.headers.first(name: "Cache-Control") == "no-store")
            #expect(
                worker.headers.first(name: "Content-Security-Policy")
                    == "default-src 'none'; script-src 'self'; connect-src https://stream.example.com:8443 wss://stream.example.com:8443"
            )
            let module = String(try #require(worker.text.firstMatch(of: /import "([^"]+)"/)).1)
            let text = try await demo.get(module).text
            let client = String(try #require(text.firstMatch(of: /from "\.\.\/(client\/[^"]+)"/)).1)
            let root = module.replacingOccurrences(of: "js/live-worker.js", with: "")
            let index = try await demo.get(root + client)
            #expect(index.status == 200)
            for match in index.text.matches(of: /from "\.\/([^"]+)"/) {
                #expect(try await demo.get("\(root)client/subscriber/\(match.1)").status == 200)
            }
            // What push-api tells is not trusted to be an address.
            fake.tell(pushStreamURL: "http://host; script-src *")
            _ = try await demo.report()
            let policy = try await demo.get("/live-worker.js").headers.first(name: "Content-Security-Policy")
            #expect(policy?.contains("*") == false)
        }
        await fake.stop()
    }

    @Test("All files of the folders are in the program, and those of the client are the library's own") func embedded() throws {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let files = package.appending(path: "Sources/CDemoPages/Files").path
        let assets = StaticFiles.embedded([demoAssets()]).files
        let templates = StaticFiles.embedded([demoTemplates()]).files
        for case let path as String in try #require(FileManager.default.enumerator(atPath: files)) where path.contains(".") {
            let name = path.split(separator: "/").last.map(String.init) ?? path
            let content = (path.hasPrefix("templates/") ? templates[name] : assets[path])?.content
            let expected = [UInt8](try Data(contentsOf: URL(filePath: "\(files)/\(path)")))
            #expect(content == expected, "\(path)")
        }
        let client = package.deletingLastPathComponent().appending(path: "push-api-client-javascript/src").path
        let served = assets.keys.filter { $0.hasPrefix("client/") }
        #expect(served.contains("client/subscriber/index.js"))
        for path in served {
            let source = "\(client)/\(path.dropFirst("client/".count))"
            let expected = [UInt8](try Data(contentsOf: URL(filePath: source)))
            #expect(assets[path]?.content == expected, "\(path)")
        }
        for path in served {
            let text = String(decoding: try #require(assets[path]).content, as: UTF8.self)
            let folder = URL(filePath: "/\(path)").deletingLastPathComponent()
            for match in text.matches(of: /from "(\.[^"]+)"/) {
                let imported = String(folder.appending(path: String(match.1)).standardized.path.dropFirst())
                #expect(assets[imported] != nil, "\(path) imports \(imported)")
            }
        }
    }
}

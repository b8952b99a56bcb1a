import Foundation
import PushTestSupport
import Testing

@testable import PushStreamServer

/// Where a path leads under `alias`, and with `try_files`.
@Suite struct AliasTests {
    private static func run(_ locations: String, _ body: (TestEngine) async throws -> Void) async throws {
        let site = try TemporaryDirectory()
        for folder in ["images/inner", "images../x"] {
            try FileManager.default.createDirectory(atPath: site.file(folder), withIntermediateDirectories: true)
        }
        try site.write("page", to: "index.html")
        try site.write("secret", to: "secret.txt")
        try site.write("beside", to: "images../x/a.txt")
        try site.write("picture", to: "images/a.txt")
        try site.write("instead", to: "images/instead.txt")
        try site.write("folder", to: "images/index.html")
        try site.write("inner", to: "images/inner/index.html")
        let http = "server { listen %PORT%; root \(site.path); \(locations) }".replacing("%ROOT%", with: site.path)
        try await TestEngine.run(http: http, body)
    }

    /// The slash at the end of the alias, but not of the location, is a common mistake.
    @Test(arguments: ["images/", "images"])
    func `nothing outside the folder of an alias is served`(folder: String) async throws {
        try await Self.run("location /img { alias %ROOT%/\(folder); }") { server async throws in
            #expect(try await server.get("/img/a.txt").hasSuffix("\r\n\r\npicture"))
            #expect(try await server.get("/img/inner/").hasSuffix("\r\n\r\ninner"))
            let paths = [
                "/img../secret.txt", "/img..%2fsecret.txt", "/img%2e%2e/secret.txt", "/img..", "/img../", "/img../images/a.txt",
                "/img../x/a.txt",
            ]
            for path in paths {
                let answer = try await server.get(path)
                #expect(answer.hasPrefix("HTTP/1.1 404 "), "\(path)")
            }
        }
    }

    @Test func `an alias of one file`() async throws {
        try await Self.run("location = /one { alias %ROOT%/images/a.txt; }") { server async throws in
            #expect(try await server.get("/one").hasSuffix("\r\n\r\npicture"))
        }
    }

    @Test func `names of try_files stand under the alias`() async throws {
        try await Self.run(
            """
            location /al/ { alias %ROOT%/images/; try_files $uri $uri/ /instead.txt =404; }
            location /bare { alias %ROOT%/images/; try_files $uri =404; }
            """
        ) { server async throws in
            #expect(try await server.get("/al/a.txt").hasSuffix("\r\n\r\npicture"))
            #expect(try await server.get("/al/").hasSuffix("\r\n\r\nfolder"))
            #expect(try await server.get("/al/inner/").hasSuffix("\r\n\r\ninner"))
            #expect(try await server.get("/al/inner").contains("\r\nLocation: http://t:\(server.port)/al/inner/\r\n"))
            #expect(try await server.get("/al/none").hasSuffix("\r\n\r\ninstead"))
            #expect(try await server.get("/bare/a.txt").hasSuffix("\r\n\r\npicture"))
            #expect(try await server.get("/bare../secret.txt").hasPrefix("HTTP/1.1 404 "))
        }
    }

    @Test func `a folder that is asked for with its slash is not redirected to itself`() async throws {
        try await Self.run(
            """
            location / { try_files $uri $uri/ /secret.txt; }
            location /files/ { alias %ROOT%/images/; try_files $uri =418; }
            """
        ) { server async throws in
            #expect(try await server.get("/").hasSuffix("\r\n\r\npage"))
            #expect(try await server.get("/images/inner/").hasSuffix("\r\n\r\ninner"))
            #expect(try await server.get("/images/inner").contains("\r\nLocation: http://t:\(server.port)/images/inner/\r\n"))
            #expect(try await server.get("/none").hasSuffix("\r\n\r\nsecret"))
            // Without the slash in nginx.conf only a file is looked for.
            #expect(try await server.get("/files/").hasPrefix("HTTP/1.1 418 "))
        }
    }
}

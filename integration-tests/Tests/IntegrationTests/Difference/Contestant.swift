import Foundation
import IntegrationSupport
import PushTestSupport

/// A server that exchanges are played against.
enum Contestant: Sendable {
    /// The release binary of this repository.
    case pushStream
    /// An Nginx with the Push Stream module.
    case nginx(program: String, module: String?)

    /// The Nginx that the environment names: `PUSH_STREAM_NGINX` is its program, `PUSH_STREAM_NGINX_MODULE` the module's file if it is
    /// not built in.
    static let module: Contestant? = {
        let environment = ProcessInfo.processInfo.environment
        guard let program = environment["PUSH_STREAM_NGINX"], !program.isEmpty else { return nil }
        return .nginx(program: program, module: environment["PUSH_STREAM_NGINX_MODULE"].flatMap { $0.isEmpty ? nil : $0 })
    }()

    /// Runs the server with a configuration for as long as `body` takes.
    func run<Result: Sendable>(
        configuration name: String, _ body: @Sendable (Player) async throws -> Result
    ) async throws -> Result {
        let directory = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.file("logs"), withIntermediateDirectories: true)
        try Self.writeFiles(to: directory)
        let port = try ServicePort.allocate()
        var text = try String(contentsOfFile: "\(Self.folder)/Configurations/\(name).conf", encoding: .utf8)
            .replacing("%PORT%", with: "\(port)").replacing("%FOLDER%", with: "\(Self.folder)/Configurations")
        let program: String
        switch self {
        case .pushStream: program = try Repository.binary("push-stream")
        case .nginx(let path, let module):
            program = path
            if let module { text = "load_module \(module);\n" + text }
        }
        let file = try directory.write(text, to: "nginx.conf")
        return try await withProcess(program, program, arguments: ["-p", directory.path + "/", "-c", file]) { _ in
            try await eventually { (try? await Self.isUp(port)) == true }
            return try await body(Player(port: port))
        }
    }

    /// The folder `html` of both servers, with times that each run has again: they are in `Last-Modified` and `ETag`.
    private static func writeFiles(to directory: TemporaryDirectory) throws {
        for folder in ["html/inner", "html/empty", "html/a b"] {
            try FileManager.default.createDirectory(atPath: directory.file(folder), withIntermediateDirectories: true)
        }
        for (name, text) in [
            ("index.html", "<p>page</p>\n"), ("inner/index.html", "inner"), ("digits.txt", "0123456789abcdefghij"),
            ("nothing.txt", ""),
            ("page.unknown", "?"), ("a b/index.html", "blank"),
        ] {
            let file = try directory.write(text, to: "html/" + name)
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: 1_767_323_045)], ofItemAtPath: file)
        }
    }

    private static func isUp(_ port: Int) async throws -> Bool {
        let connection = try await HTTPConnection(to: .port(port))
        defer { connection.close() }
        return try await connection.response(to: HTTPRequest("GET", "/alive"), within: .seconds(10)).status == 200
    }

    static let folder = "\(Repository.root)/integration-tests/Tests/IntegrationTests/Difference"
}

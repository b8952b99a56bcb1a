import CDemoPages
import HTTPTypes
import Hummingbird
import Mustache
import NIOCore
import PushAdmin

/// Makes the pages from the templates that are built into the program.
struct Pages: Sendable {
    /// Scripts, styles and requests of this app alone, none inline; the one script address that is made by a script is that of the worker.
    static let contentSecurityPolicy =
        "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
        + "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types live-worker"

    enum Template: String, CaseIterable {
        case article
        case delete
        case edit
        case error
        case layout
        case list
        case status
    }

    private let library: MustacheLibrary
    private let assets: Assets

    /// - Throws: When a template has a fault, which the tests would have found.
    init(assets: Assets) throws {
        let files = StaticFiles.embedded([demoTemplates()]).files
        var library = MustacheLibrary()
        for template in Template.allCases {
            let content = files["\(template.rawValue).mustache"]?.content ?? []
            try library.register(String(decoding: content, as: UTF8.self), named: template.rawValue)
        }
        self.library = library
        self.assets = assets
    }

    /// - Parameters:
    ///   - title: Of the window.
    ///   - script: The module that makes the page live, below `js/`.
    ///   - values: What the template has names for.
    func response(
        _ template: Template, status: HTTPResponse.Status = .ok, title: String, script: String? = nil,
        _ values: [String: Any] = [:]
    ) -> Response {
        var values = values
        values["pageTitle"] = title
        values["assets"] = self.assets.root
        values["script"] = script
        let text = self.library.render(values, withTemplate: template.rawValue) ?? ""
        return Response(
            status: status, headers: [.contentType: "text/html; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    func error(_ status: HTTPResponse.Status, title: String, message: String) -> Response {
        self.response(.error, status: status, title: title, ["title": title, "message": message])
    }
}

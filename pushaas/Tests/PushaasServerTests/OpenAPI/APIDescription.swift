import CPushaasDescription
import Foundation
import PushAdmin

/// The OpenAPI document, as tests look at it.
struct APIDescription {
    static let methods: Set<String> = ["get", "put", "post", "delete", "options", "head", "patch", "trace"]

    struct Operation {
        let method: String
        let path: String
        let fields: [String: Any]
    }

    let root: [String: Any]

    struct NotThere: Error, CustomStringConvertible {
        let pointer: String
        var description: String { "the description has no \(self.pointer)" }
    }

    init() throws {
        let content = StaticFiles.embedded([pushaasDescriptionFiles()]).files["openapi.json"]?.content ?? []
        self.root = try JSONSerialization.jsonObject(with: Data(content)) as? [String: Any] ?? [:]
    }

    var operations: [Operation] {
        (self.root["paths"] as? [String: [String: Any]] ?? [:]).flatMap { path, item in
            item.filter { Self.methods.contains($0.key) }.map { method, fields in
                Operation(method: method.uppercased(), path: path, fields: fields as? [String: Any] ?? [:])
            }
        }
    }

    /// What a JSON pointer such as `#/components/schemas/Error` names.
    func value(at pointer: String) throws -> Any {
        try pointer.split(separator: "/").dropFirst().reduce(self.root as Any) { value, key in
            let key = String(key).replacing("~1", with: "/").replacing("~0", with: "~")
            guard let next = (value as? [String: Any])?[key] else { throw NotThere(pointer: pointer) }
            return next
        }
    }

    func schema(_ name: String) throws -> [String: Any] {
        try self.value(at: "#/components/schemas/\(name)") as? [String: Any] ?? [:]
    }

    func properties(of name: String) throws -> [String: [String: Any]] {
        try self.schema(name)["properties"] as? [String: [String: Any]] ?? [:]
    }

    /// Follows `$ref`.
    func resolve(_ value: [String: Any]) throws -> [String: Any] {
        guard let reference = value["$ref"] as? String else { return value }
        return try self.value(at: reference) as? [String: Any] ?? [:]
    }

    /// Calls `body` with every object of the document.
    func forEachObject(_ body: ([String: Any]) throws -> Void) rethrows {
        func visit(_ value: Any) throws {
            if let object = value as? [String: Any] {
                try body(object)
                try object.values.forEach(visit)
            } else if let list = value as? [Any] {
                try list.forEach(visit)
            }
        }
        try visit(self.root)
    }
}

import CExpat

/// An element of an XML answer: AWS's query services give elements and texts, and nothing that attributes would tell.
struct XMLNode: Sendable, Equatable {
    /// Without a namespace's prefix.
    var name: String
    /// Without white space around it.
    var text = ""
    var children: [XMLNode] = []

    init(name: String) {
        self.name = name
    }

    /// The first child of that name.
    subscript(_ name: String) -> XMLNode? { self.children.first { $0.name == name } }

    /// The children of a list's element: `<item>` of EC2, `<member>` of the others.
    func list(_ name: String) -> [XMLNode] { self[name]?.children ?? [] }

    /// The first element of that name below this one, however deep.
    func find(_ name: String) -> XMLNode? {
        for child in self.children {
            if child.name == name { return child }
            if let found = child.find(name) { return found }
        }
        return nil
    }

    /// Reads a document with expat, which opens no file and no address for it.
    ///
    /// - Returns: The root; `nil` unless the bytes are one whole document. One that declares entities is refused, because no answer
    ///   does and they can make a small document large.
    static func parse(_ bytes: [UInt8]) -> XMLNode? {
        guard let parser = XML_ParserCreate(nil) else { return nil }
        defer { XML_ParserFree(parser) }
        let builder = XMLTreeBuilder(parser: parser)
        return withExtendedLifetime(builder) {
            XML_SetUserData(parser, Unmanaged.passUnretained(builder).toOpaque())
            XML_SetElementHandler(
                parser, { data, name, _ in XMLTreeBuilder.of(data)?.begin(name) }, { data, _ in XMLTreeBuilder.of(data)?.end() })
            XML_SetCharacterDataHandler(parser) { XMLTreeBuilder.of($0)?.add($1, $2) }
            XML_SetEntityDeclHandler(parser) { data, _, _, _, _, _, _, _, _ in XMLTreeBuilder.of(data)?.stop() }
            let status = bytes.withUnsafeBytes { raw in
                XML_Parse(parser, raw.bindMemory(to: CChar.self).baseAddress, Int32(clamping: raw.count), 1)
            }
            return status == XML_STATUS_OK ? builder.root : nil
        }
    }
}

/// Takes what expat finds.
private final class XMLTreeBuilder {
    private(set) var root: XMLNode?
    private var open: [XMLNode] = []
    private let parser: XML_Parser

    init(parser: XML_Parser) {
        self.parser = parser
    }

    static func of(_ data: UnsafeMutableRawPointer?) -> XMLTreeBuilder? {
        data.map { Unmanaged<XMLTreeBuilder>.fromOpaque($0).takeUnretainedValue() }
    }

    func begin(_ name: UnsafePointer<XML_Char>?) {
        let name = name.map { String(cString: $0) } ?? ""
        self.open.append(XMLNode(name: String(name.split(separator: ":").last ?? "")))
        // No answer is nested so deeply.
        if self.open.count > 64 { self.stop() }
    }

    func add(_ text: UnsafePointer<XML_Char>?, _ count: Int32) {
        guard let text, !self.open.isEmpty else { return }
        let bytes = UnsafeRawBufferPointer(start: text, count: Int(count))
        self.open[self.open.count - 1].text += String(decoding: bytes, as: UTF8.self)
    }

    func end() {
        guard var node = self.open.popLast() else { return }
        node.text = node.text.trimmed
        if self.open.isEmpty {
            self.root = node
        } else {
            self.open[self.open.count - 1].children.append(node)
        }
    }

    func stop() {
        XML_StopParser(self.parser, XML_Bool(XML_FALSE))
    }
}

extension String {
    /// Without white space at its ends.
    var trimmed: String {
        var text = self.trimmingPrefix(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

import Foundation

#if canImport(FoundationXML)
    import FoundationXML
#endif

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

    /// - Returns: The root; `nil` unless the bytes are one whole document.
    static func parse(_ bytes: [UInt8]) -> XMLNode? {
        let parser = XMLParser(data: Data(bytes))
        // The default, said here because a document from outside is read: no file and no address is ever opened for it.
        parser.shouldResolveExternalEntities = false
        let builder = XMLTreeBuilder()
        parser.delegate = builder
        return parser.parse() ? builder.root : nil
    }
}

private final class XMLTreeBuilder: NSObject, XMLParserDelegate {
    private(set) var root: XMLNode?
    private var open: [XMLNode] = []

    func parser(
        _ parser: XMLParser, didStartElement elementName: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        self.open.append(XMLNode(name: String(elementName.split(separator: ":").last ?? "")))
        // No answer is nested so deeply.
        if self.open.count > 64 { parser.abortParsing() }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
        guard !self.open.isEmpty else { return }
        self.open[self.open.count - 1].text += string
    }

    func parser(_ parser: XMLParser, didEndElement elementName: String, namespaceURI: String?, qualifiedName: String?) {
        guard var node = self.open.popLast() else { return }
        node.text = node.text.trimmingCharacters(in: .whitespacesAndNewlines)
        if self.open.isEmpty {
            self.root = node
        } else {
            self.open[self.open.count - 1].children.append(node)
        }
    }
}

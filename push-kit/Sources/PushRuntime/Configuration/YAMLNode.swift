import CYAML

/// A part of a YAML document, read by libyaml: what a configuration file can hold.
indirect enum YAMLNode: Equatable {
    case null
    case scalar(String)
    case sequence
    /// Its keys in their order.
    case mapping([Entry])

    struct Entry: Equatable {
        let key: String
        /// Where the key stands, from 1.
        let line: Int
        let value: YAMLNode
    }

    /// What is wrong, and where.
    struct Malformed: Error {
        let line: Int
        let message: String
    }

    /// Reads the first document.
    ///
    /// - Throws: For what is not YAML, for a key that is no text or stands twice in one place, and for a part that holds itself.
    static func parse(_ bytes: [UInt8]) throws(Malformed) -> YAMLNode {
        var parser = yaml_parser_t()
        yaml_parser_initialize(&parser)
        defer { yaml_parser_delete(&parser) }
        var document = yaml_document_t()
        // libyaml keeps no copy of its input, and reads it while it loads.
        let isLoaded = bytes.withUnsafeBufferPointer { buffer in
            yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
            return yaml_parser_load(&parser, &document) == 1
        }
        guard isLoaded else {
            throw Malformed(
                line: parser.problem_mark.line + 1, message: parser.problem.map { String(cString: $0) } ?? "malformed")
        }
        defer { yaml_document_delete(&document) }
        guard let root = yaml_document_get_root_node(&document) else { return .null }
        return try Self.read(root, of: &document, depth: 0)
    }

    private static func read(
        _ node: UnsafeMutablePointer<yaml_node_t>, of document: inout yaml_document_t, depth: Int
    ) throws(Malformed) -> YAMLNode {
        let line = node.pointee.start_mark.line + 1
        // An alias may lead back to what it stands in.
        guard depth < 16 else { throw Malformed(line: line, message: "too deeply nested") }
        switch node.pointee.type {
        case YAML_SCALAR_NODE:
            let scalar = node.pointee.data.scalar
            let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
            return isPlain && ["", "~", "null", "Null", "NULL"].contains(text) ? .null : .scalar(text)
        case YAML_MAPPING_NODE:
            let pairs = node.pointee.data.mapping.pairs
            var entries: [Entry] = []
            for index in 0..<(pairs.top - pairs.start) {
                let pair = pairs.start[index]
                guard let key = yaml_document_get_node(&document, pair.key),
                    let value = yaml_document_get_node(&document, pair.value)
                else { continue }
                let line = key.pointee.start_mark.line + 1
                guard case .scalar(let name) = try Self.read(key, of: &document, depth: depth + 1) else {
                    throw Malformed(line: line, message: "a key must be a text")
                }
                guard !entries.contains(where: { $0.key == name }) else {
                    throw Malformed(line: line, message: "the key \(ConfigurationSchema.quote(name)) stands here twice")
                }
                entries.append(Entry(key: name, line: line, value: try Self.read(value, of: &document, depth: depth + 1)))
            }
            return .mapping(entries)
        default: return .sequence
        }
    }
}

/// A string of nginx.conf that may contain variables: `/sub/$1`, `$arg_id`, `${host}:9080`.
public struct ComplexValue: Sendable, Hashable {
    @usableFromInline
    enum Part: Sendable, Hashable {
        case text(String)
        case variable(Variable)
    }

    @usableFromInline let parts: [Part]
    /// As written.
    public let source: String

    /// - Parameter declared: the names that `set` and named groups make in this configuration.
    /// - Throws: `ComplexValueError` for a variable that does not exist, an open brace or an empty name.
    public init(parsing text: String, declared: Set<String> = []) throws(ComplexValueError) {
        self.source = text
        self.parts = try Self.split(text) { name throws(ComplexValueError) in
            if let variable = Variable(name: name) { return variable }
            guard declared.contains(name) else { throw .unknownVariable(name) }
            return .user(name)
        }
    }

    init(parts: [Part], source: String) {
        self.parts = parts
        self.source = source
    }

    /// A value without variables.
    public init(constant: String) {
        self.source = constant
        self.parts = constant.isEmpty ? [] : [.text(constant)]
    }

    /// The text, if it has no variables.
    public var constant: String? {
        switch (self.parts.first, self.parts.count) {
        case (nil, _): ""
        case (.text(let text), 1): text
        default: nil
        }
    }

    @inlinable
    public func evaluate(_ source: some VariableSource) -> String {
        if self.parts.count == 1 {
            return switch self.parts[0] {
            case .text(let text): text
            case .variable(let variable): source.value(of: variable) ?? ""
            }
        }
        var result = ""
        for part in self.parts {
            switch part {
            case .text(let text): result += text
            case .variable(let variable): result += source.value(of: variable) ?? ""
            }
        }
        return result
    }

    /// Whether `text` names variables.
    public static func hasVariables(_ text: String) -> Bool {
        text.utf8.contains(UInt8(ascii: "$"))
    }

    private static func split(
        _ text: String,
        _ resolve: (String) throws(ComplexValueError) -> Variable
    ) throws(ComplexValueError) -> [Part] {
        var parts: [Part] = []
        var literal: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "$") else {
                literal.append(byte)
                continue
            }
            let name = try Self.name(&rest)
            if !literal.isEmpty {
                parts.append(.text(String(decoding: literal, as: UTF8.self)))
                literal.removeAll()
            }
            parts.append(.variable(try resolve(name)))
        }
        if !literal.isEmpty { parts.append(.text(String(decoding: literal, as: UTF8.self))) }
        return parts
    }

    /// Reads the name after a dollar sign: one digit, or letters, digits and underscores, braced or not.
    private static func name(_ rest: inout ArraySlice<UInt8>) throws(ComplexValueError) -> String {
        if let first = rest.first, (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(first) {
            rest.removeFirst()
            return String(decoding: [first], as: UTF8.self)
        }
        let isBraced = rest.first == UInt8(ascii: "{")
        if isBraced { rest.removeFirst() }
        let bytes = rest.prefix { Self.isNameByte($0) }
        rest = rest.dropFirst(bytes.count)
        let name = String(decoding: bytes, as: UTF8.self)
        if isBraced {
            guard rest.popFirst() == UInt8(ascii: "}") else { throw .unclosedBrace(name) }
        }
        guard !name.isEmpty else { throw .emptyName }
        return name
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
        default: false
        }
    }
}

/// Why a text is no value.
public enum ComplexValueError: Error, Equatable, Sendable {
    case unknownVariable(String)
    case unclosedBrace(String)
    case emptyName
}

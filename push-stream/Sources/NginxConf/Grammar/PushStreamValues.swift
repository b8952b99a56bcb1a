/// The file of `push_stream_header_template_file`.
public enum TemplateFile {
    /// - Throws: the module's message for a file that cannot be read.
    public static func read(_ directive: Directive) throws(ConfigurationError) -> String {
        do {
            return String(decoding: try ConfigurationFiles.system.read(directive.text), as: UTF8.self)
        } catch {
            let failure = error.call == "open" ? "open file" : "read data from file"
            throw directive.error(
                "push stream module: unable to \(failure) \"\(directive.text)\" for header template", level: .error)
        }
    }
}

/// One group of `push_stream_padding_by_user_agent`: `expression,least header size,least message size`, groups parted by `:`.
public struct PaddingGroup: Sendable {
    public let agent: RegularExpression
    /// Bytes.
    public let headerMinimum: Int
    /// Bytes.
    public let messageMinimum: Int

    /// Padding is made in memory once, up to this size; more has no use.
    private static let largest = 1 << 20

    /// - Throws: the module's message for a text of another form.
    public static func read(_ directive: Directive) throws(ConfigurationError) -> [PaddingGroup] {
        guard !directive.text.isEmpty else { return [] }
        var groups: [PaddingGroup] = []
        var texts = directive.text.split(separator: ":", omittingEmptySubsequences: false)
        if texts.count > 1, texts.last == "" { texts.removeLast() }
        for text in texts {
            // The expression may contain commas itself.
            let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard parts.count >= 3, parts.count > 3 || parts[0] != "", let header = Units.number(parts[parts.count - 2]),
                let message = Units.number(parts[parts.count - 1]),
                header <= Self.largest, message <= Self.largest
            else {
                throw directive.error("push stream module: padding pattern not match the value \(text)", level: .error)
            }
            let pattern = parts.dropLast(2).joined(separator: ",")
            guard !pattern.isEmpty, let agent = try? RegularExpression(pattern) else {
                throw directive.error("push stream module: unable to compile agent pattern \(pattern)", level: .error)
            }
            groups.append(PaddingGroup(agent: agent, headerMinimum: header, messageMinimum: message))
        }
        return groups
    }
}

import CPCRE2

/// A compiled regular expression in Nginx's dialect (PCRE2, bytes, no UTF mode unless the pattern asks with `(*UTF)`).
///
/// Compiled once when the configuration is read, with the just-in-time compiler where PCRE2 has it; values share the code.
public struct RegularExpression: Sendable, CustomStringConvertible {
    /// The pattern as written.
    public let pattern: String
    public let isCaseInsensitive: Bool
    /// Named groups and the number of each.
    public let groupNames: [String: Int]
    private let program: Program

    /// - Throws: `RegularExpressionError` with PCRE2's reason and the offset in bytes.
    public init(_ pattern: String, caseInsensitive: Bool = false) throws(RegularExpressionError) {
        self.pattern = pattern
        self.isCaseInsensitive = caseInsensitive
        self.program = try Program(pattern, options: caseInsensitive ? UInt32(PCRE2_CASELESS) : 0)
        self.groupNames = self.program.names()
    }

    public var description: String { self.pattern }

    /// The first match anywhere in `subject`, or nil. A match that exceeds PCRE2's backtracking limit counts as none.
    public func firstMatch(in subject: String) -> RegularExpressionCaptures? {
        guard let groups = self.program.match(subject) else { return nil }
        return RegularExpressionCaptures(groups: groups, names: self.groupNames)
    }

    public func matches(_ subject: String) -> Bool {
        self.program.matches(subject)
    }
}

/// What a match captured: group 0 is the whole match.
public struct RegularExpressionCaptures: Sendable, Equatable {
    public var groups: [String?]
    public var names: [String: Int]

    public init(groups: [String?], names: [String: Int] = [:]) {
        self.groups = groups
        self.names = names
    }

    /// The text of a group; nil if there is no such group or it took no part in the match.
    public subscript(index: Int) -> String? {
        self.groups.indices.contains(index) ? self.groups[index] : nil
    }

    public subscript(name: String) -> String? {
        self.names[name].flatMap { self[$0] }
    }
}

/// A pattern that PCRE2 refuses.
public struct RegularExpressionError: Error, Equatable, Sendable {
    public var reason: String
    /// Where in the pattern, in bytes from its start.
    public var offset: Int
}

/// Owns a `pcre2_code`.
///
/// Unchecked: the pointer is never changed after `init`, and PCRE2 allows that several threads match with the same compiled
/// pattern at once (pcre2api(3), "Multithreading"); each match has match data of its own.
private final class Program: @unchecked Sendable {
    private let code: OpaquePointer

    init(_ pattern: String, options: UInt32) throws(RegularExpressionError) {
        var errorCode: Int32 = 0
        var offset = 0
        let bytes = Array(pattern.utf8)
        guard let code = pcre2_compile_8(bytes, bytes.count, options, &errorCode, &offset, nil) else {
            var message = [UInt8](repeating: 0, count: 256)
            let length = pcre2_get_error_message_8(errorCode, &message, message.count)
            let reason = length > 0 ? String(decoding: message.prefix(Int(length)), as: UTF8.self) : "error \(errorCode)"
            throw RegularExpressionError(reason: reason, offset: offset)
        }
        self.code = code
        // Fails where the machine forbids executable memory: then PCRE2 interprets, with the same result.
        _ = pcre2_jit_compile_8(code, UInt32(PCRE2_JIT_COMPLETE))
    }

    deinit {
        pcre2_code_free_8(self.code)
    }

    func matches(_ subject: String) -> Bool {
        self.run(subject) { _, _, _ in true } ?? false
    }

    func match(_ subject: String) -> [String?]? {
        self.run(subject) { data, bytes, count in
            let offsets = pcre2_get_ovector_pointer_8(data)
            // A group that takes no part has PCRE2_UNSET (the largest size) as its start.
            return (0..<count).map { group in
                guard let offsets, offsets[group * 2] <= offsets[group * 2 + 1], offsets[group * 2 + 1] <= bytes.count else {
                    return nil
                }
                return String(decoding: bytes[Int(offsets[group * 2])..<Int(offsets[group * 2 + 1])], as: UTF8.self)
            }
        }
    }

    private func run<Result>(
        _ subject: String,
        _ body: (OpaquePointer, UnsafeBufferPointer<UInt8>, Int) -> Result
    ) -> Result? {
        var subject = subject
        return subject.withUTF8 { bytes in
            guard let data = pcre2_match_data_create_from_pattern_8(self.code, nil) else { return nil }
            defer { pcre2_match_data_free_8(data) }
            guard pcre2_match_8(self.code, bytes.baseAddress, bytes.count, 0, 0, data, nil) >= 0 else { return nil }
            return body(data, bytes, Int(pcre2_get_ovector_count_8(data)))
        }
    }

    func names() -> [String: Int] {
        var count: UInt32 = 0
        var entrySize: UInt32 = 0
        var table: UnsafePointer<UInt8>?
        pcre2_pattern_info_8(self.code, UInt32(PCRE2_INFO_NAMECOUNT), &count)
        pcre2_pattern_info_8(self.code, UInt32(PCRE2_INFO_NAMEENTRYSIZE), &entrySize)
        pcre2_pattern_info_8(self.code, UInt32(PCRE2_INFO_NAMETABLE), &table)
        guard let table else { return [:] }
        var names: [String: Int] = [:]
        for index in 0..<Int(count) {
            // Each entry is the group's number in two bytes, then its name with a zero byte at the end.
            let entry = table + index * Int(entrySize)
            let name = UnsafeBufferPointer(start: entry + 2, count: Int(entrySize) - 2).prefix { $0 != 0 }
            names[String(decoding: name, as: UTF8.self)] = Int(entry[0]) << 8 | Int(entry[1])
        }
        return names
    }
}

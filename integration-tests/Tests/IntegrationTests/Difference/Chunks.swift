/// The module sends the parts of a message, such as its event id and its padding, in chunks of their own; we send a message as one.
/// Chunks carry no meaning (RFC 9112, section 7.1), so several of the module's may be one of ours, but never a part of one.
enum Chunks {
    /// The module's lines with chunks joined as ours are, where the bytes are the same.
    static func join(_ theirs: [String], like ours: [String]) -> [String] {
        var result: [String] = []
        var rest = theirs[...]
        for line in ours {
            // Lines of ours that the module has not are left to the comparison.
            guard let next = rest.first else { break }
            guard let wanted = content(line), var joined = content(next), wanted != joined, wanted.hasPrefix(joined) else {
                if let place = rest.firstIndex(of: line) {
                    result += rest[...place]
                    rest = rest[(place + 1)...]
                }
                continue
            }
            var count = 1
            while joined != wanted, count < rest.count, let more = content(rest[rest.startIndex + count]) {
                joined += more
                count += 1
                if !wanted.hasPrefix(joined) { break }
            }
            guard joined == wanted else { continue }
            result.append(line)
            rest = rest.dropFirst(count)
        }
        return result + rest
    }

    /// What a line shows of a chunk; nil if it is another line.
    private static func content(_ line: String) -> String? {
        line.hasPrefix("chunk \"") ? String(line.dropFirst(7).dropLast()) : nil
    }
}

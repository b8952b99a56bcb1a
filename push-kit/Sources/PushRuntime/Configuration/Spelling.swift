/// Suggestions for misspelt names.
enum Spelling {
    /// The known name that needs the fewest edits, if that is at most a quarter of the word (two for short words).
    static func closest(to word: String, in known: [String]) -> String? {
        guard word.utf8.count <= 200 else { return nil }
        let limit = max(2, word.count / 4)
        return known.map { ($0, distance(word, $0)) }.filter { $0.1 <= limit }.min { $0.1 < $1.1 }?.0
    }

    /// Levenshtein's distance: insertions, deletions and replacements.
    static func distance(_ first: String, _ second: String) -> Int {
        let first = Array(first.utf8), second = Array(second.utf8)
        var previous = Array(0...second.count)
        for (row, byte) in first.enumerated() {
            var current = [row + 1]
            for (column, other) in second.enumerated() {
                current.append(min(previous[column] + (byte == other ? 0 : 1), previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[second.count]
    }
}

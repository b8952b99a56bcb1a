/// The stream entries' ids of one publication, in the order of its messages and their channels.
///
/// Redis numbers what it adds in one step one after the other, so the first id mostly tells them all.
struct MessageIDs: Equatable, Sendable {
    private enum Storage: Equatable {
        /// The ids `<time>-<first>`, `<time>-<first + 1>` and so on.
        case run(time: String, first: UInt64)
        case list([String])
    }

    private let storage: Storage
    let count: Int

    /// - Parameters:
    ///   - text: The first id if the others follow it, else all ids, separated by spaces.
    ///   - count: How many there are.
    /// - Returns: `nil` for another text.
    init?(_ text: String, count: Int) {
        self.count = count
        if text.utf8.contains(UInt8(ascii: " ")) {
            let ids = text.split(separator: " ").map(String.init)
            guard ids.count == count else { return nil }
            self.storage = .list(ids)
        } else {
            guard count > 0, let dash = text.utf8.lastIndex(of: UInt8(ascii: "-")), dash > text.startIndex,
                let first = UInt64(text[text.index(after: dash)...]), first <= UInt64.max - UInt64(count)
            else { return nil }
            self.storage = .run(time: String(text[...dash]), first: first)
        }
    }

    subscript(_ index: Int) -> String {
        switch self.storage {
        case .run(let time, let first): return time + String(first + UInt64(index))
        case .list(let ids): return ids[index]
        }
    }

    func joined(separator: String) -> String {
        (0..<self.count).map { self[$0] }.joined(separator: separator)
    }
}

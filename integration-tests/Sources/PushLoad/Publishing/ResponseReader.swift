/// Counts the responses on a keep-alive connection; each must be a success.
struct ResponseReader {
    private enum State {
        case head
        case body(Int)
        case chunkSize
        /// A chunk and the line end after it.
        case chunk(Int)
        /// The empty line after the last chunk.
        case lastLine
    }

    private var state = State.head
    /// The beginning of what is not whole yet.
    private var pending: [UInt8] = []

    /// - Returns: how many responses became whole.
    /// - Throws: LoadFailure at a status that is no success.
    mutating func feed(_ bytes: UnsafeRawBufferPointer) throws -> Int {
        guard !self.pending.isEmpty else {
            let (completed, rest) = try Self.scan(bytes, &self.state)
            self.pending = Array(bytes[rest...])
            return completed
        }
        var all = self.pending
        self.pending = []
        all += bytes
        let (completed, rest) = try all.withUnsafeBytes { try Self.scan($0, &self.state) }
        self.pending = Array(all[rest...])
        return completed
    }

    /// - Returns: how many responses became whole, and where the rest begins.
    private static func scan(_ bytes: UnsafeRawBufferPointer, _ state: inout State) throws -> (completed: Int, rest: Int) {
        var completed = 0
        var position = 0
        while true {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
            switch state {
            case .head:
                guard let head = try ResponseHead(rest) else { return (completed, position) }
                guard (200..<300).contains(head.code) else {
                    throw LoadFailure("a publish was answered \"\(ResponseHead.statusLine(rest))\"")
                }
                position += head.end
                state = head.length.map { .body($0) } ?? .chunkSize
            case .body(let length):
                guard rest.count >= length else { return (completed, position) }
                position += length
                completed += 1
                state = .head
            case .chunk(let length):
                guard rest.count >= length else { return (completed, position) }
                position += length
                state = .chunkSize
            case .chunkSize, .lastLine:
                guard let end = rest.firstIndex(of: 10) else { return (completed, position) }
                let line = String(decoding: rest[..<end], as: UTF8.self).trimmingPrefix { $0 == " " }
                position += end + 1
                if case .lastLine = state {
                    state = .head
                    completed += 1
                } else if let size = Int(line.prefix { $0.isHexDigit }, radix: 16) {
                    state = size == 0 ? .lastLine : .chunk(size + 2)
                } else {
                    throw LoadFailure("a response has a chunk of no size: \"\(line)\"")
                }
            }
        }
    }
}

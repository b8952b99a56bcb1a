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
    private var pending: [UInt8] = []

    /// - Returns: how many responses became whole.
    /// - Throws: LoadFailure at a status that is no success.
    mutating func feed(_ bytes: UnsafeBufferPointer<UInt8>) throws -> Int {
        self.pending += bytes
        var completed = 0
        var position = 0
        scan: while true {
            let rest = self.pending[position...]
            switch self.state {
            case .head:
                guard let head = try ResponseHead(rest) else { break scan }
                guard (200..<300).contains(head.status.code) else {
                    throw LoadFailure("a publish was answered \"\(head.status.line)\"")
                }
                position += head.end
                self.state = head.length.map { .body($0) } ?? .chunkSize
            case .body(let length), .chunk(let length):
                guard rest.count >= length else { break scan }
                position += length
                if case .chunk = self.state {
                    self.state = .chunkSize
                } else {
                    self.state = .head
                    completed += 1
                }
            case .chunkSize, .lastLine:
                guard let end = rest.firstIndex(of: 10) else { break scan }
                let line = String(decoding: rest[..<end], as: UTF8.self).trimmingPrefix { $0 == " " }
                position = end + 1
                if case .lastLine = self.state {
                    self.state = .head
                    completed += 1
                } else if let size = Int(line.prefix { $0.isHexDigit }, radix: 16) {
                    self.state = size == 0 ? .lastLine : .chunk(size + 2)
                } else {
                    throw LoadFailure("a response has a chunk of no size: \"\(line)\"")
                }
            }
        }
        self.pending.removeFirst(position)
        return completed
    }
}

import NIOCore
import PushStreamCore

/// A request for a file while the disk or the client is waited for.
final class FileTransfer {
    let request: Request
    private(set) var file: OpenFile?
    private var parts: ArraySlice<Part> = []
    /// Once its head is sent.
    private(set) var response: HTTPResponse?
    private(set) var headBytes = 0
    /// Bytes that NIO had for the client when its time began anew: fewer now mean that the client reads.
    var waiting = 0
    /// Bytes that the system has taken, or that leave with the next piece.
    var sent = 0

    enum Part {
        case bytes([UInt8])
        case file(Range<Int>)
    }

    /// What is to be done next.
    enum Step {
        case write([UInt8])
        case read(OpenFile, Range<Int>)
        case finish
    }

    /// Bytes of a file that are in memory at once.
    static let chunkSize = 128 * 1024

    init(_ request: Request) {
        self.request = request
    }

    func begin(_ file: OpenFile, _ response: HTTPResponse, parts: [Part], headBytes: Int) {
        self.file = file
        self.response = response
        self.parts = parts[...]
        self.headBytes = headBytes
        sent = headBytes
    }

    func next() -> Step {
        guard let file, let part = Self.piece(of: &parts) else { return .finish }
        return switch part {
        case .bytes(let bytes): .write(bytes)
        case .file(let range): .read(file, range)
        }
    }

    /// Takes the first part, or a piece of it.
    static func piece(of parts: inout ArraySlice<Part>) -> Part? {
        guard let part = parts.popFirst() else { return nil }
        guard case .file(let range) = part, range.count > chunkSize else { return part }
        let end = range.lowerBound + chunkSize
        parts = [.file(end..<range.upperBound)] + parts
        return .file(range.lowerBound..<end)
    }
}

/// A file's response: head, and which parts of the file follow.
struct FileResponse {
    var head: HTTPResponse
    var parts: [FileTransfer.Part] = []

    /// - Parameters:
    ///   - status: nil decides by the conditions and ranges of the request; an error's page has its own.
    ///   - boundary: of several ranges; unique.
    init(_ file: OpenFile, _ request: Request, _ settings: FileSettings, status: Int?, boundary: () -> UInt64) {
        let tag = settings.hasTag ? file.tag : nil
        let type = request.contentType
        head = HTTPResponse(status ?? 200, contentType: type)
        if let tag { head.fields.append(("ETag", tag)) }
        guard status == nil else {
            sendAll(of: file)
            return
        }
        head.lastModified = file.modified
        switch FilePrecondition(request.head, modified: file.modified, tag: tag, rule: settings.modifiedSince) {
        case .failed:
            head = request.errorPage(412)
            return
        case .notModified:
            (head.status, head.contentType, head.body) = (304, nil, .absent)
            return
        case .send: break
        }
        guard settings.maxRanges > 0 else {
            sendAll(of: file)
            return
        }
        guard let field = request.head.bytes("range"),
            FilePrecondition.allowsRange(request.head, modified: file.modified, tag: tag)
        else {
            head.lastFields.append(("Accept-Ranges", "bytes"))
            sendAll(of: file)
            return
        }
        switch ByteRanges(field, length: file.size, limit: settings.maxRanges) {
        case .all:
            head.lastFields.append(("Accept-Ranges", "bytes"))
            sendAll(of: file)
        case .unsatisfiable:
            head = request.errorPage(416)
            head.lastFields.append(("Content-Range", "bytes */\(file.size)"))
        case .some(let ranges):
            head.status = 206
            if ranges.count == 1 {
                head.lastFields.append(("Content-Range", Self.place(ranges[0], file)))
                parts = [.file(ranges[0])]
                head.body = .length(ranges[0].count)
            } else {
                sendParts(of: file, ranges, type: type, boundary: boundary())
            }
        }
    }

    private mutating func sendAll(of file: OpenFile) {
        head.body = .length(file.size)
        if file.size > 0 { parts = [.file(0..<file.size)] }
    }

    /// `multipart/byteranges` (RFC 9110, section 14.6).
    private mutating func sendParts(of file: OpenFile, _ ranges: [Range<Int>], type: String, boundary: UInt64) {
        let digits = String(boundary)
        let line = String(repeating: "0", count: 20 - digits.count) + digits
        head.contentType = "multipart/byteranges; boundary=\(line)"
        var length = 0
        func add(_ text: String) {
            parts.append(.bytes(Array(text.utf8)))
            length += text.utf8.count
        }
        for range in ranges {
            add("\r\n--\(line)\r\nContent-Type: \(type)\r\nContent-Range: \(Self.place(range, file))\r\n\r\n")
            parts.append(.file(range))
            length += range.count
        }
        add("\r\n--\(line)--\r\n")
        head.body = .length(length)
    }

    private static func place(_ range: Range<Int>, _ file: OpenFile) -> String {
        "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(file.size)"
    }
}

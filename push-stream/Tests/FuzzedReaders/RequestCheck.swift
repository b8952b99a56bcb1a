import PushStreamCore

/// The first byte chooses the limits; the others are what a client sends over one connection.
enum RequestCheck {
    static func check(_ input: [UInt8]) throws(BrokenInvariant) {
        guard let options = input.first else { return }
        let stream = input.dropFirst()
        var expected = Connection(options)
        try expected.receive(stream)
        for cutting in Cutting.allCases {
            var connection = Connection(options)
            for piece in cutting.pieces(of: stream) { try connection.receive(piece) }
            try require(
                connection.transcript == expected.transcript,
                "cut (\(cutting)): \(connection.transcript), else \(expected.transcript)")
            try require(connection.head.hasStarted == expected.head.hasStarted, "cut (\(cutting)): another rest")
        }
    }
}

/// Reads requests one after the other, as a connection does, and notes what came.
private struct Connection {
    private let limits: RequestHeadReader.Limits
    private let bodyLimit: Int
    private let keepsBody: Bool
    private(set) var head: RequestHeadReader
    private var body: RequestBodyReader?
    private var bodyLength = BodyLength.none
    private var received = 0
    /// Where the head that is being read began.
    private var start = 0
    private var hasFailed = false
    private(set) var transcript: [String] = []

    init(_ options: UInt8) {
        limits = options & 1 == 0 ? .init() : .init(initialBuffer: 16, bufferCount: 2, bufferSize: 64, maxFields: 3)
        bodyLimit = [0, 8, 1 << 20, .max][Int(options >> 1 & 3)]
        keepsBody = options & 8 == 0
        head = RequestHeadReader(limits: limits)
    }

    mutating func receive(_ piece: ArraySlice<UInt8>) throws(BrokenInvariant) {
        var rest = piece
        while !rest.isEmpty, !hasFailed {
            let consumed = try body == nil ? readHead(rest) : readBody(rest)
            received += consumed
            rest = rest.dropFirst(consumed)
        }
    }

    private mutating func readHead(_ bytes: ArraySlice<UInt8>) throws(BrokenInvariant) -> Int {
        let (consumed, outcome) = bytes.withUnsafeBytes { head.read($0) }
        try require((1...bytes.count).contains(consumed), "took \(consumed) of \(bytes.count) bytes")
        switch outcome {
        case .needsMore: try require(consumed == bytes.count, "wants more and leaves \(bytes.count - consumed) bytes")
        case .failure(let failure): fail(failure)
        case .head(let request):
            try require(request.length == received + consumed - start, "a head of \(request.length) bytes")
            try check(request)
            transcript.append("\(request), argument \(request.argument("id") ?? "-"), host \(request.host)")
            transcript.append("keep-alive \(request.isKeepAlive), continue \(request.expectsContinue)")
            start = received + consumed
            begin(request.body)
        }
        return consumed
    }

    /// What follows a head. A body that is known to be too large is not read at all.
    private mutating func begin(_ length: BodyLength) {
        let reader = RequestBodyReader(length, limit: bodyLimit, keeps: keepsBody)
        bodyLength = length
        if reader.isTooLarge { return fail(.bodyTooLarge) }
        if length == .none { finish() } else { body = reader }
    }

    private mutating func readBody(_ bytes: ArraySlice<UInt8>) throws(BrokenInvariant) -> Int {
        guard var reader = body else { return 0 }
        let (consumed, outcome) = bytes.withUnsafeBytes { reader.read($0) }
        try require((0...bytes.count).contains(consumed), "took \(consumed) of \(bytes.count) bytes of a body")
        try require(bodyLimit == 0 || reader.body.count <= bodyLimit, "kept \(reader.body.count) bytes, limit \(bodyLimit)")
        try require(keepsBody || reader.body.isEmpty, "kept a body that nobody wants")
        body = reader
        switch outcome {
        case .needsMore: try require(consumed == bytes.count, "wants more and leaves \(bytes.count - consumed) bytes")
        case .failure(let failure): fail(failure)
        case .complete:
            if keepsBody, case .bytes(let count) = bodyLength {
                try require(reader.body.count == count, "\(reader.body.count) bytes of \(count)")
            }
            transcript.append("body \(reader.body)")
            start = received + consumed
            finish()
        }
        return consumed
    }

    private mutating func finish() {
        body = nil
        head = RequestHeadReader(limits: limits)
    }

    private mutating func fail(_ failure: HTTPFailure) {
        hasFailed = true
        transcript.append("failure \(failure.status) \(failure)")
    }

    private func check(_ request: RequestHead) throws(BrokenInvariant) {
        let headLimit = limits.initialBuffer + limits.bufferCount * limits.bufferSize
        try require(request.length <= headLimit, "a head of \(request.length) bytes, limit \(headLimit)")
        // An absolute target adds the field `Host`.
        try require(request.fields.count <= limits.maxFields + 1, "\(request.fields.count) fields, limit \(limits.maxFields)")
        for field in request.fields {
            let isToken = field.name.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D }
            try require(isToken && !field.name.isEmpty, "a field named \(field.name)")
            try require(field.value.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }, "a control byte in \(field.name)")
        }
        let segments = request.path.utf8.split(separator: 0x2F, omittingEmptySubsequences: false).dropFirst()
        try require(request.path.utf8.first == 0x2F, "the path \(request.path)")
        try require(!request.path.utf8.contains(0), "a NUL in a path")
        for segment in segments {
            try require(!segment.elementsEqual(".".utf8) && !segment.elementsEqual("..".utf8), "the path \(request.path)")
        }
        try require(segments.dropLast().allSatisfy { !$0.isEmpty }, "a doubled slash in \(request.path)")
        try checkThatItStays(request.path)
    }

    /// A path that was normalised and is asked for again stays as it is.
    private func checkThatItStays(_ path: String) throws(BrokenInvariant) {
        let segments = path.utf8.split(separator: 0x2F, omittingEmptySubsequences: false).map { percentEncoded(Array($0)) }
        let line = Array("GET ".utf8) + segments.joined(separator: [0x2F]) + Array(" HTTP/1.0\r\n\r\n".utf8)
        var reader = RequestHeadReader(limits: .init(initialBuffer: line.count, bufferSize: line.count))
        guard case .head(let again) = line.withUnsafeBytes({ reader.read($0) }).outcome else {
            throw BrokenInvariant(description: "the path \(path) is refused when it is asked for again")
        }
        try require(again.path == path, "the path \(path) becomes \(again.path)")
    }
}

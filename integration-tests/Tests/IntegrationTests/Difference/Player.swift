import Foundation
import IntegrationSupport
import PushTestSupport

/// Plays exchanges against a server.
struct Player: Sendable {
    let port: Int
    /// Whether only one exchange goes on at a time.
    var isAlone = false

    /// How long a server may take for what it has to do. Only a difference uses it up.
    private static let limit = Duration.seconds(30)

    /// - Returns: what came, line by line, normalised.
    func play(_ exchange: Exchange) async -> [String] {
        var lines: [String] = []
        for attempt in 0..<(exchange.isAligned ? 40 : 1) {
            if exchange.isAligned { await Self.nextSecond() }
            let second = Int(Date().timeIntervalSince1970)
            let id = Self.id(of: exchange.name, attempt)
            let conversation = Conversation(port: port, id: id, limit: Self.limit)
            for step in exchange.steps { await conversation.perform(step) }
            let isInTime = Int(Date().timeIntervalSince1970) == second
            let normaliser = Normaliser(
                id: id, keepsTags: exchange.isAligned, keepsTotals: isAlone && !exchange.isAligned, port: port)
            lines = normaliser.normalise(await conversation.conclude())
            if !exchange.isAligned || isInTime { break }
        }
        return lines
    }

    /// Eight characters that depend on nothing but the name, so that records stay as they are when exchanges are added.
    private static func id(of name: String, _ attempt: Int) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325 &+ UInt64(attempt)
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let text = String(hash, radix: 36)
        return "x" + String(repeating: "0", count: max(0, 7 - text.count)) + text.suffix(7)
    }

    private static func nextSecond() async {
        let rest = 1 - Date().timeIntervalSince1970.truncatingRemainder(dividingBy: 1)
        try? await ContinuousClock().sleep(for: .milliseconds(Int(rest * 1000) + 15))
    }
}

/// The connections of one exchange.
private actor Conversation {
    private let port: Int
    private let id: String
    private let limit: Duration
    /// What dies goes to trash, which takes the module some 15 seconds to empty.
    private static let pollLimit = Duration.seconds(120)
    private var connections: [(name: String, connection: Recorded)] = []
    private var lastModified: String?
    private var etag: String?

    init(port: Int, id: String, limit: Duration) {
        self.port = port
        self.id = id
        self.limit = limit
    }

    func perform(_ step: Step) async {
        do {
            switch step {
            case .request(let method, let text, let name):
                let connection = try await connection(name)
                await connection.expect(method)
                try await connection.send(Array(fill(text).utf8))
            case .sendText(let text, let name): try await connection(name).send(Array(fill(text).utf8))
            case .sendBytes(let bytes, let name): try await connection(name).send(bytes)
            case .wait(let condition, let name): await wait(condition, name)
            case .finishSending(let name): try await connection(name).finishSending()
            case .close(let name): try await connection(name).close()
            case .poll(let path, let text): await poll(fill(path), until: fill(text))
            case .fill(let path, let body): try await fillUp(path, body)
            }
        } catch {
            await note("failed: \(error)", of: step)
        }
    }

    private func wait(_ condition: Step.Condition, _ name: String) async {
        guard let connection = try? await connection(name) else { return }
        var condition = condition
        if case .text(let text) = condition { condition = .text(fill(text)) }
        await connection.wait(condition, within: limit)
        lastModified = await connection.transcript.lastModified ?? lastModified
        etag = await connection.transcript.etag ?? etag
    }

    private func note(_ line: String, of step: Step) async {
        switch step {
        case .request(_, _, let name), .sendText(_, let name), .sendBytes(_, let name), .finishSending(let name):
            await connections.first { $0.name == name }?.connection.note(line)
        default: break
        }
    }

    private func connection(_ name: String) async throws -> Recorded {
        if let known = connections.first(where: { $0.name == name }) { return known.connection }
        let connection = Recorded(try await TCPConnection.connect(to: .port(port)))
        connections.append((name, connection))
        return connection
    }

    private func poll(_ path: String, until text: String) async {
        let wanted = Array(text.utf8)
        try? await eventually(within: Self.pollLimit, every: .milliseconds(20)) {
            let connection = try await HTTPConnection(to: .port(self.port))
            defer { connection.close() }
            let answer = try await connection.response(to: HTTPRequest("GET", path), within: .seconds(30))
            return Data(answer.body).range(of: Data(wanted)) != nil
        }
    }

    private func fillUp(_ path: String, _ body: String) async throws {
        let connection = try await HTTPConnection(to: .port(port))
        defer { connection.close() }
        for number in 0..<10_000 {
            let answer = try await connection.response(to: HTTPRequest("POST", path + "\(number)", text: body))
            if answer.status == 500 { return }
        }
    }

    private func fill(_ text: String) -> String {
        var text = text.replacing("@", with: id)
        if text.contains("{") {
            let time = lastModified.flatMap(httpDate)
            text = text.replacing("{time}", with: lastModified ?? "").replacing("{tag}", with: etag ?? "")
            if text.contains("{urltime") {
                text = text.replacing("{urltime}", with: Self.encode(lastModified ?? ""))
                text = text.replacing("{urltime-1}", with: Self.encode(time.map { Self.format($0 - 1) } ?? ""))
            }
            text = text.replacing("{time-1}", with: time.map { Self.format($0 - 1) } ?? "")
            text = text.replacing("{time+1}", with: time.map { Self.format($0 + 1) } ?? "")
            text = text.replacing("{now-10}", with: Self.format(Date() - 10))
            text = text.replacing("{now+10}", with: Self.format(Date() + 10))
        }
        return text
    }

    private static func encode(_ text: String) -> String {
        text.replacing(" ", with: "%20").replacing(",", with: "%2C").replacing(":", with: "%3A")
    }

    private static func format(_ date: Date) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.string(from: date)
    }

    /// Looks what became of each connection, closes them, and gives all that came.
    func conclude() async -> [String] {
        var lines: [String] = []
        for (name, connection) in connections {
            await connection.conclude(within: limit)
            lines.append("--- \(name)")
            lines += await connection.transcript.lines
            await connection.close()
        }
        return lines
    }
}

/// A connection with its transcript.
private actor Recorded {
    private let connection: TCPConnection
    private(set) var transcript = Transcript()
    /// What waits have asked for so far.
    private var responses = 0
    private var heads = 0
    private var frames = 0
    private var contentStart = 0
    private var isClosedByClient = false
    private var isStuck = false

    init(_ connection: TCPConnection) {
        self.connection = connection
    }

    func expect(_ method: String) { transcript.expect(method) }
    func note(_ line: String) { transcript.note(line) }

    func send(_ bytes: [UInt8]) async throws {
        // A server that has closed may answer with a reset; what it sent before counts.
        try? await connection.send(bytes)
    }

    func finishSending() async throws { try await connection.finishSending() }

    func close() {
        isClosedByClient = true
        connection.close()
    }

    func wait(_ condition: Step.Condition, within limit: Duration) async {
        switch condition {
        case .response:
            responses += 1
            heads = max(heads, responses)
        case .head: heads = max(heads, responses) + 1
        case .frame: frames += 1
        case .silence(let milliseconds): return await silence(.milliseconds(milliseconds))
        case .text, .end: break
        }
        let end = ContinuousClock.now + (isStuck ? .milliseconds(200) : limit)
        while !isMet(condition) {
            if transcript.hasEnded { return }
            let rest = end - .now
            guard rest > .zero, await receive(within: rest) else {
                isStuck = true
                transcript.note("(nothing more comes)")
                return
            }
        }
    }

    private func isMet(_ condition: Step.Condition) -> Bool {
        switch condition {
        case .response: return transcript.responses >= responses
        case .head: return transcript.heads >= heads
        case .frame: return transcript.frames >= frames
        case .end: return transcript.hasEnded
        case .silence: return true
        case .text(let text):
            let unread = Array(transcript.content[contentStart...])
            guard let range = Self.range(of: Array(text.utf8), in: unread) else { return false }
            contentStart += range.upperBound
            return true
        }
    }

    private static func range(of pattern: [UInt8], in bytes: [UInt8]) -> Range<Int>? {
        guard !pattern.isEmpty, bytes.count >= pattern.count else { return nil }
        for start in 0...(bytes.count - pattern.count) where bytes[start..<(start + pattern.count)].elementsEqual(pattern) {
            return start..<(start + pattern.count)
        }
        return nil
    }

    private func silence(_ duration: Duration) async {
        let end = ContinuousClock.now + duration
        while case let rest = end - .now, rest > .zero, !transcript.hasEnded {
            if await !receive(within: rest) { break }
        }
        transcript.note("(silence)")
    }

    /// - Returns: false if nothing came in time.
    private func receive(within limit: Duration) async -> Bool {
        do {
            if let bytes = try await connection.receive(within: limit) { transcript.feed(bytes) } else { transcript.finish() }
            return true
        } catch ConnectionError.broken {
            transcript.finish()
            return true
        } catch {
            return false
        }
    }

    /// Whether the connection lives on, and if it serves another request.
    func conclude(within limit: Duration) async {
        guard !isClosedByClient, !transcript.hasEnded else { return }
        if transcript.announcesClose { return await wait(.end, within: limit) }
        guard transcript.isIdle else { return transcript.note(isStuck ? "stuck" : "open") }
        let before = transcript.lines.count
        transcript.expect("GET")
        try? await send(Array(Requests.text("GET", "/alive", [], nil).utf8))
        let wanted = transcript.responses + 1
        let end = ContinuousClock.now + limit
        while transcript.responses < wanted, !transcript.hasEnded, await receive(within: end - .now) {}
        let isAlive = transcript.lines[before...].first?.contains(" 200 ") == true
        transcript.cut(to: before, isAlive ? "kept" : transcript.hasEnded ? "closed" : "deaf")
    }
}

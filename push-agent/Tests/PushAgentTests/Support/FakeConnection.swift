import Foundation
import NIOCore
import NIOHTTP1
import PushModels
import Synchronization

/// One connection to the fake.
final class FakeConnection: Sendable {
    let channel: any Channel
    private let server: FakePushStream
    private let held = Mutex<[[HTTPServerResponsePart]]>([])

    init(server: FakePushStream, channel: any Channel) {
        self.server = server
        self.channel = channel
        server.state.withLock { $0.channels[ObjectIdentifier(self)] = self }
    }

    var handler: Handler { Handler(connection: self) }

    final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let connection: FakeConnection
        private var head: HTTPRequestHead?
        private var body = ByteBuffer()
        private var isClosing = false

        init(connection: FakeConnection) { self.connection = connection }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch self.unwrapInboundIn(data) {
            case .head(let head):
                self.head = head
                self.body.clear()
            case .body(var part):
                self.body.writeBuffer(&part)
            case .end:
                guard let head = self.head, !self.isClosing else { return }
                self.isClosing = !self.connection.handle(head, body: String(buffer: self.body))
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        func channelInactive(context: ChannelHandlerContext) {
            self.connection.server.state.withLock { $0.channels[ObjectIdentifier(self.connection)] = nil }
        }
    }

    /// - Returns: whether the connection goes on.
    fileprivate func handle(_ head: HTTPRequestHead, body: String) -> Bool {
        let (path, id) = Self.split(head.uri)
        guard path == "/pub", head.method == .POST else {
            self.answerStatistics(head, path: path, id: id)
            return true
        }
        let published = FakePushStream.Published(
            channel: id ?? "", eventID: head.headers.first(name: "Event-Id"), body: body,
            isEnsure: head.headers.first(name: PushStreamHeaders.ensureChannel) == "1")
        let (react, index) = self.server.state.withLock { state in
            state.requests += 1
            return (state.react, state.requests)
        }
        let reaction = react(published, index)
        switch reaction {
        case .take, .takeAndCut, .takeAndClose:
            self.server.state.withLock { state in
                state.stored.append(published)
                state.history.append(published)
            }
        case .answer, .answerAndClose, .cut:
            break
        }
        switch reaction {
        case .take:
            self.answer(200, "{\"channel\": \"\(published.channel)\", \"published_messages\": 1}\r\n")
        case .answer(let status):
            self.answer(status, "")
        case .answerAndClose(let status):
            self.answer(status, "", headers: ["Connection": "close"])
            self.channel.close(promise: nil)
            return false
        case .takeAndClose:
            self.answer(200, "", headers: ["Connection": "close"])
            self.channel.close(promise: nil)
            return false
        case .cut, .takeAndCut:
            self.channel.close(promise: nil)
            return false
        }
        return true
    }

    private func answerStatistics(_ head: HTTPRequestHead, path: String, id: String?) {
        let agent = head.headers.first(name: PushStreamHeaders.agent)
        let (identity, stored, status, extra) = self.server.state.withLock { state in
            if let agent { state.agents.insert(agent) }
            if id == nil { state.connections += 1 }
            return (state.identity, state.stored, state.statisticsStatus, state.extraChannels)
        }
        guard path == "/channels-stats", status == 200 else {
            self.answer(path == "/channels-stats" ? status : 404, "")
            return
        }
        var headers: HTTPHeaders = [:]
        var times = "\"time\": \"2026-01-01T00:00:10\", \"uptime\": 10"
        switch identity {
        case .instance(let name):
            if agent != nil { headers.add(name: PushStreamHeaders.instance, value: name) }
        case .started(let second):
            // The clock stands at the start of 2026 plus an hour.
            times = "\"time\": \"2026-01-01T01:00:00\", \"uptime\": \(1_767_225_600 + 3_600 - second)"
        }
        let counts = Dictionary(grouping: stored, by: \.channel).mapValues(\.count)
        if id == "ALL" {
            let infos =
                counts.sorted { $0.key < $1.key }.map { Self.info($0.key, $0.value) }
                + (0..<extra).map { Self.info("extra-\($0)", 1) }
            self.answer(
                200,
                "{\"hostname\": \"nginx-1\", \(times), \"channels\": \(infos.count), \"infos\": [\(infos.joined(separator: ","))]}",
                headers: headers)
        } else {
            self.answer(
                200,
                "{\"hostname\": \"nginx-1\", \(times), \"channels\": \(counts.count), \"published_messages\": \"\(stored.count { !$0.isEnsure })\", "
                    + "\"subscribers\": 7, \"by_worker\": []}",
                headers: headers)
        }
    }

    private static func info(_ channel: String, _ count: Int) -> String {
        "{\"channel\": \"\(channel)\", \"published_messages\": \(count), \"stored_messages\": \(count), \"subscribers\": 3}"
    }

    private func answer(_ status: Int, _ body: String, headers: HTTPHeaders = [:]) {
        var headers = headers
        headers.add(name: "Content-Length", value: String(body.utf8.count))
        let parts: [HTTPServerResponsePart] = [
            .head(HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: status), headers: headers)),
            .body(.byteBuffer(ByteBuffer(string: body))), .end(nil),
        ]
        self.held.withLock { $0.append(parts) }
        if !self.server.state.withLock(\.answersAreHeld) { self.flush() }
    }

    func flush() {
        let responses = self.held.withLock { held in
            defer { held = [] }
            return held
        }
        for part in responses.joined() { self.channel.write(part, promise: nil) }
        self.channel.flush()
    }

    private static func split(_ uri: String) -> (path: String, id: String?) {
        let parts = uri.split(separator: "?", maxSplits: 1)
        let id = parts.count == 2 ? parts[1].split(separator: "=", maxSplits: 1).last.map(String.init) : nil
        return (String(parts.first ?? ""), id?.removingPercentEncoding)
    }
}

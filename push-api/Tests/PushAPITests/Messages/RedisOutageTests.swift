import NIOCore
import PushModels
import PushTestSupport
import Synchronization
import Testing

@testable import PushAPI

extension LiveTests {
    @Suite struct RedisOutageTests {
        /// Survives `SIGKILL`: each write is on disk before it is answered.
        private static let durable = RedisServer.Options(isAppendOnly: true, configuration: ["appendfsync always"])

        @Test func answers503WithinTwoSecondsAndRecovers() async throws {
            try await withAPI(redis: Self.durable, redisTimeout: nil) { (api) async throws in
                try await api.server.kill()
                let requests: [(method: String, path: String, body: String?, code: Int)] = [
                    ("POST", "/api/v1/messages", #"{"channels":["a","b"],"content":"x"}"#, 101),
                    ("POST", "/api/v1/channels", #"{"id":"a"}"#, 12),
                    ("GET", "/api/v1/channels", nil, 40),
                    ("GET", "/api/v1/channels/a", nil, 21),
                    ("DELETE", "/api/v1/channels/a", nil, 31),
                    ("GET", "/api/v1/stats/global", nil, 201),
                    ("GET", "/api/v1/stats/channels/a", nil, 201),
                ]
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (method, path, body, code) in requests {
                        group.addTask {
                            let answer = try await answerInTime(.seconds(2)) {
                                try await api.http.request(method, path, body: body)
                            }
                            #expect(answer.status == 503, "\(path)")
                            #expect(answer.code == code, "\(path)")
                            #expect(answer.headers["retry-after"] == "1", "\(path)")
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(try await api.http.request("GET", "/readyz").status == 503)
                #expect(try await api.http.request("GET", "/healthz").status == 200)
                // What needs no Redis works on.
                #expect(try await api.http.request("GET", "/api/v1/config").status == 200)

                try await api.server.launch()
                try await eventually("a publication after the restart") {
                    try await api.http.request("POST", "/api/v1/messages", body: #"{"channels":["a"],"content":"after"}"#).status
                        == 204
                }
                let contents = Set(try await api.messages().map(\.content))
                #expect(contents == ["after"])
                let channels = try await answerFromRedis { try await api.http.request("GET", "/api/v1/channels") }
                #expect(channels.text == "[]")
                try await eventually("readiness") {
                    try await api.http.request("GET", "/readyz").status == 200
                }
            }
        }

        @Test func keepsEveryAcknowledgedMessageAndHalvesNoneWhileRedisIsKilled() async throws {
            try await withAPI(redis: Self.durable, redisTimeout: nil) { (api) async throws in
                let log = PublicationLog()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for publisher in 0..<6 {
                        group.addTask {
                            var number = 0
                            while !log.isOver {
                                let content = "p\(publisher)n\(number)"
                                number += 1
                                let body = #"{"channels":["a","b","c"],"content":"\#(content)"}"#
                                let answer = try await api.http.request("POST", "/api/v1/messages", body: body)
                                #expect([204, 500, 503].contains(answer.status), "\(answer.text)")
                                log.record(content, answer)
                            }
                        }
                    }
                    group.addTask {
                        defer { log.end() }
                        for round in 1...2 {
                            try await log.awaitAcknowledged(50, "messages before kill \(round)")
                            try await api.server.kill()
                            try await api.server.launch()
                        }
                        try await log.awaitAcknowledged(50, "messages after the last restart")
                    }
                    try await group.waitForAll()
                }
                let written = Dictionary(grouping: try await api.messages(), by: \.content)
                for (content, entries) in written {
                    #expect(entries.map(\.channel) == ["a", "b", "c"], "\(content) is not whole")
                }
                for (content, outcome) in log.outcomes {
                    switch outcome {
                    case .acknowledged(let ids): #expect(written[content]?.map(\.id).joined(separator: ",") == ids)
                    case .refused: #expect(written[content] == nil, "\(content) was refused and is there")
                    case .unknown: break
                    }
                }
            }
        }
    }
}

/// What publishers were told, by content.
private final class PublicationLog: Sendable {
    enum Outcome {
        case acknowledged(ids: String)
        /// 503: nothing was written.
        case refused
        /// 500: it may have been written.
        case unknown
    }

    private struct State {
        var outcomes: [String: Outcome] = [:]
        var acknowledged = 0
        var isOver = false
    }

    private let state = Mutex(State())

    var isOver: Bool { self.state.withLock { $0.isOver } }
    var outcomes: [String: Outcome] { self.state.withLock { $0.outcomes } }

    func end() { self.state.withLock { $0.isOver = true } }

    func record(_ content: String, _ answer: HTTPAnswer) {
        self.state.withLock { state in
            switch answer.status {
            case 204:
                state.outcomes[content] = .acknowledged(ids: answer.headers["x-push-message-id"] ?? "")
                state.acknowledged += 1
            case 503:
                state.outcomes[content] = .refused
            default:
                state.outcomes[content] = .unknown
            }
        }
    }

    /// Waits for `count` acknowledgements more.
    func awaitAcknowledged(_ count: Int, _ what: String) async throws {
        let before = self.state.withLock { $0.acknowledged }
        try await eventually(what) { self.state.withLock { $0.acknowledged } >= before + count }
    }
}

import Foundation
import PushModels
import PushRedis
import PushTestSupport
import Synchronization
import Testing

@testable import PushAPI

extension LiveTests {
    /// Publishers that repeat a request with its `Idempotency-Key` while what is behind it fails.
    @Suite struct RepetitionTests {
        private static let array = #"[{"channels":["a","b"],"content":"1"},{"channels":["c"],"content":"2"}]"#

        private static func post(_ http: HTTPClient, _ body: String, key: String) async throws -> HTTPAnswer {
            try await http.request("POST", "/api/v1/messages", body: body, headers: ["Idempotency-Key: \(key)"])
        }

        @Test func answers503WithinTwoSecondsWhenRedisFallsSilentAndPublishesOnce() async throws {
            try await withAPI(redisTimeout: nil) { (api) async throws in
                // The connection stands.
                let before = try await answerFromRedis { try await Self.post(api.http, Self.array, key: "before") }
                #expect(before.status == 200)
                api.server.pause()
                let silent = try await answerInTime(.seconds(2)) { try await Self.post(api.http, Self.array, key: "k") }
                #expect(silent.status == 503)
                #expect(silent.code == 101)
                #expect(silent.headers["retry-after"] == "1")
                #expect(silent.message?.contains("same Idempotency-Key") == true)
                api.server.resume()
                let answer = try await answerFromRedis { try await Self.post(api.http, Self.array, key: "k") }
                #expect(answer.status == 200)
                let messages = try await api.messages()
                #expect(messages.map(\.channel) == ["a", "b", "c", "a", "b", "c"])
                #expect(try answer.messageIDs().flatMap { $0 } == messages.suffix(3).map(\.id))
            }
        }

        @Test func everyArrayIsPublishedOnceAlthoughRedisIsKilledAgainAndAgain() async throws {
            let durable = RedisServer.Options(isAppendOnly: true, configuration: ["appendfsync always"])
            try await withAPI(redis: durable, redisTimeout: nil) { (api) async throws in
                let log = ArrayLog()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for publisher in 0..<6 {
                        group.addTask {
                            var number = 0
                            while !log.isOver {
                                let content = "p\(publisher)n\(number)"
                                number += 1
                                let message = #"{"channels":["a","b"],"content":"\#(content)"}"#
                                let body = "[\(message),\(message)]"
                                var answer = try await Self.post(api.http, body, key: content)
                                while answer.status != 200 {
                                    #expect(answer.status == 503, "\(answer.text)")
                                    answer = try await Self.post(api.http, body, key: content)
                                }
                                let ids = try answer.messageIDs().flatMap { $0 }
                                log.record(content, ids)
                            }
                        }
                    }
                    group.addTask {
                        defer { log.end() }
                        for round in 1...3 {
                            let before = log.acknowledged.count
                            try await eventually("arrays before kill \(round)") {
                                log.acknowledged.count >= before + 40
                            }
                            try await api.server.kill()
                            try await api.server.launch()
                        }
                    }
                    try await group.waitForAll()
                }
                let written = Dictionary(grouping: try await api.messages(), by: \.content)
                let told = log.acknowledged
                #expect(Set(written.keys) == Set(told.keys))
                for (content, ids) in told {
                    #expect(written[content]?.map(\.id) == ids, "\(content)")
                    #expect(written[content]?.map(\.channel) == ["a", "b", "a", "b"], "\(content)")
                }
            }
        }

        /// Redis has the command and push-api dies before it hears of it: the publisher asks another push-api.
        @Test func theAnswerOutlivesThePushAPI() async throws {
            try await withRedisServer { (redis) async throws in
                let directory = try TemporaryDirectory()
                let first = try await RunningProgram.start(redis: redis, directory: directory)
                // The connection stands.
                let before = try await answerFromRedis { try await Self.post(first.http, Self.array, key: "before") }
                #expect(before.status == 200)
                redis.pause()
                let unanswered = Task { try? await Self.post(first.http, Self.array, key: "k") }
                try await eventually("the command at Redis") {
                    try SocketQueue.unreadBytes(port: redis.port) > 0
                }
                first.process.signal(SIGKILL)
                try await first.process.exit()
                #expect(await unanswered.value?.status ?? 0 != 200)
                redis.resume()

                let second = try await RunningProgram.start(redis: redis, directory: directory)
                let answer = try await answerFromRedis { try await Self.post(second.http, Self.array, key: "k") }
                #expect(answer.status == 200)
                #expect(answer.headers["idempotency-replayed"] == "true")
                let again = try await answerFromRedis { try await Self.post(second.http, Self.array, key: "k") }
                #expect(again.body == answer.body)
                let ids = try answer.messageIDs().flatMap { $0 }
                #expect(ids.count == 3)
                second.process.signal(SIGTERM)
                #expect(try await second.process.exit() == .exited(0))

                // And a third one, which reads what Redis has.
                try await withAPI(on: redis) { (api) async throws in
                    let messages = try await api.messages()
                    #expect(messages.count == 6)
                    #expect(messages.suffix(3).map(\.id) == ids)
                    #expect(try await Self.post(api.http, Self.array, key: "k").body == answer.body)
                    #expect(try await api.messages().count == 6)
                }
            }
        }
    }
}

/// The ids that publishers were told, by content.
private final class ArrayLog: Sendable {
    private let state = Mutex<(acknowledged: [String: [String]], isOver: Bool)>(([:], false))

    var acknowledged: [String: [String]] { self.state.withLock { $0.acknowledged } }
    var isOver: Bool { self.state.withLock { $0.isOver } }

    func record(_ content: String, _ ids: [String]) { self.state.withLock { $0.acknowledged[content] = ids } }
    func end() { self.state.withLock { $0.isOver = true } }
}

/// push-api as a process.
private struct RunningProgram {
    let process: TestProcess
    let http: HTTPClient

    static func start(redis: RedisServer, directory: TemporaryDirectory) async throws -> RunningProgram {
        let port = try freePort()
        let path = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "push-api").path
        let process = try TestProcess(
            path,
            environment: [
                "PUSHAPI_REDIS__URL": redis.url, "PUSHAPI_SERVER__PORT": "\(port)", "PUSHAPI_SERVER__HOST": "127.0.0.1",
                "PUSHAPI_API__BASIC_AUTH_PASSWORD": "secret", "PUSHAPI_WORKERS__ENABLED": "false",
            ], workingDirectory: directory.path)
        try await process.line(containing: "listening")
        return RunningProgram(process: process, http: HTTPClient(port: port))
    }
}

/// What the kernel holds for a server that does not read.
private enum SocketQueue {
    /// Bytes that have come for the connections of a port of 127.0.0.1 and were not read, from `/proc/net/tcp`.
    static func unreadBytes(port: Int) throws -> Int {
        let local = "0100007F:" + String(port, radix: 16, uppercase: true).leftPadded(to: 4)
        var sum = 0
        // A file of no known length, which must be read to its end.
        let file = try #require(FileHandle(forReadingAtPath: "/proc/net/tcp"))
        let text = String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
        for line in text.split(separator: "\n").dropFirst() {
            let columns = line.split(separator: " ")
            // The state 01 is an established connection; the queue of a listening socket counts connections.
            guard columns.count > 4, columns[1] == local, columns[3] == "01" else { continue }
            sum += columns[4].split(separator: ":").last.flatMap { Int($0, radix: 16) } ?? 0
        }
        return sum
    }
}

extension String {
    fileprivate func leftPadded(to length: Int) -> String {
        String(repeating: "0", count: max(0, length - self.count)) + self
    }
}

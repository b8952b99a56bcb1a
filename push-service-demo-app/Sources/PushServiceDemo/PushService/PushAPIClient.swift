import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// What this app needs of push-api, version 1.
struct PushAPIClient: Sendable {
    /// Why a call did not do what it should.
    enum Failure: Error, Sendable {
        /// Nothing answered; why, in a few words without any secret.
        case unreachable(String)
        /// push-api, or what answers in its place, refused.
        case refused(status: Int, code: Int?, message: String?, retryAfter: Duration?)
        /// An answer that push-api does not give.
        case unexpected(status: Int)
    }

    /// A channel, and the seconds for which push-api keeps it at least; 0 is for ever.
    struct Channel: Sendable, Equatable, Codable {
        var id: String
        var ttl: Int
    }

    /// push-api's code of an error: the channel exists already.
    private static let channelExists = 11
    /// Bytes of an answer that are read at most.
    private static let answerLimit = 65_536

    let client: HTTPClient
    let access: PushServiceVariables.Access
    /// For the whole call.
    let timeout: Duration

    /// Creates a channel; one that exists stays as it is.
    func ensure(_ channel: Channel) async throws(Failure) {
        do {
            _ = try await self.send(.POST, "/api/v1/channels", body: Self.json(channel), expecting: [200, 201])
        } catch .refused(status: 400, code: Self.channelExists, _, _) {
            return
        }
    }

    /// Publishes one message on channels. Within ten minutes the same key with the same message publishes once.
    func publish(_ content: String, on channels: [String], idempotencyKey: String) async throws(Failure) {
        struct Message: Encodable {
            let channels: [String]
            let content: String
        }
        _ = try await self.send(
            .POST, "/api/v1/messages", body: Self.json(Message(channels: channels, content: content)),
            fields: [("Idempotency-Key", idempotencyKey)], expecting: [200, 201, 204])
    }

    /// Where browsers reach push-stream.
    func pushStreamURL() async throws(Failure) -> String {
        struct Answer: Decodable {
            struct PushStream: Decodable { let url: String }
            let pushStream: PushStream
        }
        let body = try await self.send(.GET, "/api/v1/config", body: nil, expecting: [200])
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(body.readableBytesView)),
            let parts = URLComponents(string: answer.pushStream.url), ["http", "https"].contains(parts.scheme), parts.host != nil
        else { throw .unexpected(status: 200) }
        return answer.pushStream.url
    }

    private func send(
        _ method: HTTPMethod, _ path: String, body: Data?, fields: [(String, String)] = [], expecting statuses: Set<Int>
    ) async throws(Failure) -> ByteBuffer {
        var request = HTTPClientRequest(url: self.access.endpoint + path)
        request.method = method
        request.headers.add(name: "Authorization", value: self.access.authorization)
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(contentsOf: fields)
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(body)
        }
        let (status, headers, answer): (Int, HTTPHeaders, ByteBuffer)
        do {
            let response = try await self.client.execute(request, timeout: TimeAmount(self.timeout))
            answer = try await response.body.collect(upTo: Self.answerLimit)
            (status, headers) = (Int(response.status.code), response.headers)
        } catch {
            throw .unreachable(ConnectionProblem.text(of: error))
        }
        guard !statuses.contains(status) else { return answer }
        guard status >= 400 else { throw .unexpected(status: status) }
        struct Refusal: Decodable {
            let code: Int
            let message: String
        }
        let refusal = try? JSONDecoder().decode(Refusal.self, from: Data(answer.readableBytesView))
        let seconds = headers.first(name: "Retry-After").flatMap { Int($0) }
        throw .refused(
            status: status, code: refusal?.code, message: refusal?.message,
            retryAfter: seconds.map { .seconds(max(0, min($0, 60))) })
    }

    /// The same bytes each time: push-api tells a repetition by them.
    private static func json(_ value: some Encodable) -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // What is encoded here has no value that JSON lacks.
        return (try? encoder.encode(value)) ?? Data()
    }
}

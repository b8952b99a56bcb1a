import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import PushRuntime
import Synchronization

@testable import PushaasServer

/// As much of a push-api as pushaas calls, on a port of its own. The real one is part of the integration tests.
final class FakePushAPI: Sendable {
    struct Key: Sendable, Hashable {
        var id: String
        var name: String
        var text: String
        var scopes: [String]
    }

    struct State: Sendable {
        var keys: [String: Key] = [:]
        var made = 0
        /// Answers 503.
        var isAway = false
        /// Makes the next key, and answers as if it had not.
        var losesNextAnswer = false
        var subscribers = 0
        var published: Int? = 0
        /// What was sent as `Authorization`.
        var credentials: Set<String> = []
    }

    let state = Shared(State())

    var texts: [String] { self.state.withLock { $0.keys.values.map(\.text).sorted() } }
    var names: [String] { self.state.withLock { $0.keys.values.map(\.name).sorted() } }

    struct NewKey: Decodable {
        var name: String
        var scopes: [String]
        var key: String?
    }

    func addRoutes(to group: RouterGroup<PushaasRequestContext>) {
        group.post("keys") { request, _ in
            try self.check(request)
            let body = try JSONDecoder().decode(
                NewKey.self, from: Data((try await request.body.collect(upTo: 65536)).readableBytesView))
            let (key, isLost) = self.state.withLock { state in
                state.made += 1
                let number = String(state.made)
                let id =
                    body.key.map { String($0.dropFirst(4).prefix(12)) } ?? String(repeating: "a", count: 12 - number.count)
                    + number
                let key = Key(id: id, name: body.name, text: body.key ?? "psk_\(id)_secret", scopes: body.scopes)
                state.keys[id] = key
                let isLost = state.losesNextAnswer
                state.losesNextAnswer = false
                return (key, isLost)
            }
            guard !isLost else { throw APIError(.serviceUnavailable, message: "the answer is lost") }
            return try Response.json(["id": key.id, "key": key.text], status: .created)
        }
        group.get("keys") { request, _ in
            try self.check(request)
            return try Response.json(self.state.withLock { $0.keys.values.map { ["id": $0.id, "name": $0.name] } })
        }
        group.get("keys/:id") { request, context in
            try self.check(request)
            guard let key = self.state.withLock({ $0.keys[context.pathText("id")] }) else { throw APIError(.notFound) }
            return try Response.json(["id": key.id, "name": key.name])
        }
        group.delete("keys/:id") { request, context in
            try self.check(request)
            guard self.state.withLock({ $0.keys.removeValue(forKey: context.pathText("id")) }) != nil else {
                throw APIError(.notFound)
            }
            return Response(status: .noContent)
        }
        group.get("stats/global") { request, _ in
            try self.check(request)
            let (subscribers, published) = self.state.withLock { ($0.subscribers, $0.published) }
            let json =
                #"{"aggregated":{"subscribers":\#(subscribers)},"all":[],"messages":{"stream":{"length":1,"published":\#(published.map(String.init) ?? "null")}}}"#
            return Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(string: json)))
        }
    }

    private func check(_ request: Request) throws {
        let isAway = self.state.withLock { state in
            state.credentials.insert(request.headers[.authorization] ?? "")
            return state.isAway
        }
        if isAway { throw APIError(.serviceUnavailable, message: "push-api is away") }
    }
}

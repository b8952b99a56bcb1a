import Foundation
import Synchronization

/// Reads a stream of Server-Sent Events, as far as push-stream uses them.
final class EventReader: Sendable {
    private struct State {
        var rest = ""
        var id: String?
        var lastID: String?
    }

    private struct Message: Decodable {
        var text: String
    }

    private let state = Mutex(State())
    private let event: @Sendable (String) -> Void

    /// - Parameter event: Given the text of each message.
    init(_ event: @escaping @Sendable (String) -> Void) {
        self.event = event
    }

    var lastID: String? { self.state.withLock { $0.lastID } }

    /// A new connection: what was half read is gone.
    func begin() {
        self.state.withLock { state in
            state.rest = ""
            state.id = nil
        }
    }

    func received(_ bytes: UnsafeRawBufferPointer) {
        let texts = self.state.withLock { state in
            state.rest += String(decoding: bytes, as: UTF8.self)
            var texts: [String] = []
            while let end = state.rest.firstIndex(where: \.isNewline) {
                let line = String(state.rest[..<end])
                state.rest = String(state.rest[state.rest.index(after: end)...])
                if line.hasPrefix("id:") {
                    state.id = line.dropFirst(3).trimmingCharacters(in: .whitespaces)
                } else if line.hasPrefix("data:"),
                    let message = try? JSONDecoder().decode(Message.self, from: Data(line.dropFirst(5).utf8))
                {
                    state.lastID = state.id ?? state.lastID
                    texts.append(message.text)
                }
            }
            return texts
        }
        for text in texts { self.event(text) }
    }
}

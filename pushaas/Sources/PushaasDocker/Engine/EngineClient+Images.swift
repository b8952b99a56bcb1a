import FoundationEssentials
import PushaasCurl
import PushaasProvisioning
import Synchronization

extension EngineClient {
    /// Pulls an image from its registry.
    ///
    /// - Parameter report: Told every few seconds how far it is.
    func pull(
        _ image: String, registry: DockerConfiguration.Registry?, every interval: Duration = .seconds(5),
        report: @escaping @Sendable (String) async -> Void
    ) async throws {
        var headers: [(name: String, value: String)] = []
        if let registry, image.hasPrefix("\(registry.server)/") {
            headers.append(("X-Registry-Auth", try Self.authorization(registry)))
        }
        let progress = PullProgress()
        await report("pulls the image \(image)")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while true {
                    try await Task.sleep(for: interval)
                    await report("pulls the image \(image): \(progress.summary)")
                }
            }
            defer { group.cancelAll() }
            let response = try await self.call(
                "POST", "/images/create", query: [("fromImage", Self.withTag(image))], bytes: nil, type: "",
                expecting: [404, 500],
                timeout: .seconds(1800), headers: headers, onData: { progress.received($0) })
            // A failure after the first byte comes as a line of the answer, one before it as a status: 500 for wrong credentials too.
            if let problem = progress.problem ?? Self.problem(response.status) {
                let lower = problem.lowercased()
                let isPermanent = ["not found", "no such image", "unknown", "denied", "unauthorized", "invalid"].contains(
                    where: lower.contains)
                throw ProviderError(
                    isPermanent ? .permanent : .temporary, "the image \(image) cannot be pulled: \(Self.sentence(problem))")
            }
        }
    }

    /// What a status alone tells.
    private static func problem(_ status: Int) -> String? {
        switch status {
        case 404: "no such image"
        case 500...: "the Docker Engine refused with status \(status)"
        default: nil
        }
    }

    /// Without a tag, the Engine would pull all of them.
    static func withTag(_ image: String) -> String {
        let last = image.split(separator: "/").last ?? ""
        return last.contains(":") || last.contains("@") ? image : "\(image):latest"
    }

    private static func authorization(_ registry: DockerConfiguration.Registry) throws -> String {
        let json = try JSONEncoder().encode([
            "username": registry.user, "password": registry.password, "serveraddress": registry.server,
        ])
        return json.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
    }
}

/// Reads what the Engine tells while it pulls: a line of JSON for each change of each layer.
final class PullProgress: Sendable {
    private struct State {
        var rest: [UInt8] = []
        var layers: [String: String] = [:]
        var problem: String?
    }

    private struct Line: Decodable {
        var id: String?
        var status: String?
        var error: String?
        /// Of an answer that is no progress but an error.
        var message: String?
    }

    /// An image has some dozens of layers at most, and a line a few hundred bytes.
    private static let maximumLayers = 1000
    private static let maximumLine = 64 * 1024
    private static let ends: Set<String> = ["Pull complete", "Already exists"]
    private let state = Mutex(State())

    /// How the Engine says that it failed.
    var problem: String? {
        self.state.withLock { state in
            // The last line may have no end.
            Self.read(state.rest, &state)
            return state.problem
        }
    }

    var summary: String {
        self.state.withLock { state in
            let done = state.layers.values.count(where: Self.ends.contains)
            return state.layers.isEmpty ? "waits for the registry" : "\(done) of \(state.layers.count) layers are there"
        }
    }

    func received(_ bytes: UnsafeRawBufferPointer) {
        self.state.withLock { state in
            state.rest.append(contentsOf: bytes)
            while let end = state.rest.firstIndex(of: UInt8(ascii: "\n")) {
                let line = Array(state.rest[..<end])
                state.rest.removeSubrange(...end)
                Self.read(line, &state)
            }
            if state.rest.count > Self.maximumLine { state.rest = [] }
        }
    }

    private static func read(_ bytes: [UInt8], _ state: inout State) {
        guard let line = try? JSONDecoder().decode(Line.self, from: Data(bytes)) else { return }
        if let problem = line.error ?? line.message { state.problem = problem }
        // The tag itself has a line too, with a status that tells no progress.
        guard let id = line.id, let status = line.status, !status.hasPrefix("Pulling from") else { return }
        if state.layers.count < self.maximumLayers || state.layers[id] != nil { state.layers[id] = status }
    }
}

import FoundationEssentials
import PushaasCurl
import PushaasProvisioning

/// What comes of an attempt to make a container.
enum ContainerCreationResult: Sendable {
    case created
    /// There is one of that name: another worker was faster, or an earlier try was.
    case exists
    case noSuchImage
}

extension EngineClient {
    func createContainer(name: String, _ creation: ContainerCreation) async throws -> ContainerCreationResult {
        let response = try await self.call(
            "POST", "/containers/create", query: [("name", name)], json: creation, expecting: [404, 409])
        switch response.status {
        case 409: return .exists
        case 404:
            // The network may be what is missing.
            guard response.text.lowercased().contains("image") else { throw Self.error(response, "POST", "/containers/create") }
            return .noSuchImage
        default: return .created
        }
    }

    /// - Returns: `nil` if there is none of that name or id.
    func inspectContainer(_ name: String) async throws -> ContainerInspection? {
        let response = try await self.call("GET", "/containers/\(name)/json", expecting: [404])
        return response.status == 404 ? nil : try self.decode(ContainerInspection.self, response)
    }

    /// All that bear these labels, those that don't run too, by name.
    func containers(labels: [String]) async throws -> [ContainerSummary] {
        let response = try await self.call(
            "GET", "/containers/json", query: [("all", "true"), ("filters", Self.filter(labels: labels))])
        return try self.decode([ContainerSummary].self, response).sorted { $0.name < $1.name }
    }

    /// The ports that containers on this Engine have published, whoever made them.
    func publishedPorts() async throws -> Set<Int> {
        let response = try await self.call("GET", "/containers/json", query: [("all", "false")])
        let containers = try self.decode([ContainerSummary].self, response)
        return Set(containers.flatMap { $0.ports ?? [] }.compactMap(\.publicPort))
    }

    /// Unpacks an archive at the root of a container's file system, whether it runs or not.
    func put(_ archive: TarArchive, into name: String) async throws {
        try await self.call(
            "PUT", "/containers/\(name)/archive", query: [("path", "/")], bytes: archive.bytes, type: "application/x-tar")
    }

    /// - Returns: `false` if one of its ports is taken by somebody else. Such a container has to be removed.
    func startContainer(_ name: String) async throws -> Bool {
        let response = try await self.call("POST", "/containers/\(name)/start", expecting: [500], timeout: .seconds(60))
        guard response.status == 500 else { return true }
        let text = response.text
        if text.contains("port is already allocated") || text.contains("address already in use")
            || text.contains("ports are not available")
        {
            return false
        }
        throw Self.error(response, "POST", "/containers/\(name)/start")
    }

    func updateContainer(_ name: String, _ update: ContainerUpdate) async throws {
        try await self.call("POST", "/containers/\(name)/update", json: update)
    }

    /// Asks it to end, waits, and kills it when the timeout has passed. Succeeds if it does not run or is not there.
    func stopContainer(_ name: String, timeout: Duration) async throws {
        try await self.call(
            "POST", "/containers/\(name)/stop", query: [("t", String(timeout.components.seconds))], expecting: [404],
            timeout: timeout + .seconds(30))
    }

    /// Removes a container with its nameless volumes, running or not. Succeeds if it is not there.
    func removeContainer(_ name: String) async throws {
        let response = try await self.call(
            "DELETE", "/containers/\(name)", query: [("force", "true"), ("v", "true")], expecting: [404, 409],
            timeout: .seconds(60))
        guard response.status == 409 else { return }
        // "removal of container ... is already in progress": what matters is that it is gone in the end.
        guard try await self.inspectContainer(name) != nil else { return }
        throw Self.error(response, "DELETE", "/containers/\(name)")
    }

    /// The exit status of a container that ends by itself.
    func waitForContainer(_ name: String, timeout: Duration) async throws -> Int {
        struct Answer: Decodable {
            var statusCode: Int
        }
        let response = try await self.call("POST", "/containers/\(name)/wait", timeout: timeout)
        return try self.decode(Answer.self, response).statusCode
    }

    /// The last line that a container wrote, for people who ask why it ended.
    func lastLine(of name: String) async throws -> String? {
        let response = try await self.call(
            "GET", "/containers/\(name)/logs", query: [("stdout", "true"), ("stderr", "true"), ("tail", "1")],
            expecting: [404, 409])
        guard response.status == 200 else { return nil }
        // Each piece has a head of eight bytes: the stream, three zeros, the length.
        let line = response.text.split(whereSeparator: { $0.isNewline || $0 == "\0" }).last
        return line.map { Self.sentence($0.filter { !$0.isASCII || $0.asciiValue! >= 0x20 }) }
    }

    /// Runs a program in a container.
    ///
    /// - Returns: Its exit status.
    func execute(_ command: [String], in name: String) async throws -> Int {
        let created = try await self.call("POST", "/containers/\(name)/exec", json: ExecCreation(cmd: command))
        let id = try self.decode(EngineIdentifier.self, created).id
        try await self.call("POST", "/exec/\(id)/start", json: ExecStart())
        while true {
            let response = try await self.call("GET", "/exec/\(id)/json")
            let inspection = try self.decode(ExecInspection.self, response)
            if !inspection.running, let status = inspection.exitCode { return status }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    static func filter(labels: [String]) -> String {
        // Both come from plain text, so this cannot fail.
        String(decoding: (try? JSONEncoder().encode(["label": labels])) ?? Data(), as: UTF8.self)
    }
}

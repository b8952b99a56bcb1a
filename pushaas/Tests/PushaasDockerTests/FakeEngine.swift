import Foundation
import PushTestSupport
import PushaasTestSupport
import Synchronization

@testable import PushaasDocker

/// An Engine with no containers behind it: on a socket, with the state that the calls have made, and with faults where a test wants them.
final class FakeEngine: Sendable {
    enum Fault: Sendable {
        /// The connection is lost, and nothing was done.
        case lostBefore
        /// It was done, and the connection is lost before the answer.
        case lostAfter
        case status(Int, String)
    }

    struct Container: Sendable {
        var creation: ContainerCreation
        var status = "created"
        var startedAt = "0001-01-01T00:00:00Z"
        var size: ContainerUpdate?
        var archives = 0
        /// The last of them.
        var archive: [UInt8] = []
    }

    struct State: Sendable {
        var containers: [String: Container] = [:]
        var networks: [String: NetworkCreation] = [:]
        var volumes: [String: VolumeCreation] = [:]
        var images: Set<String> = ["redis", "stream", "agent", "api", "balancer"]
        /// Ports that somebody else has.
        var takenPorts: Set<Int> = []
        var apiVersion = "1.41"
        var minimumVersion = "1.12"
        var health = "healthy"
        var pullStatus = 200
        var pullAnswer = "{\"status\":\"Pull complete\",\"id\":\"layer\"}\n"
        /// `METHOD /path` of each call, without version and query.
        var calls: [String] = []
        var versions: Set<String> = []
        /// Nothing is answered to who waits for the end of a container.
        var isSlowToStop = false
        /// `CONTAINER: COMMAND` of each that was run in a container.
        var commands: [String] = []
        /// `X-Registry-Auth` of each pull.
        var authorizations: [String?] = []
        var starts = 0
    }

    let state = Mutex(State())
    let fault = Mutex<@Sendable (Int, String) -> Fault?>({ _, _ in nil })
    let socket: String
    private let directory: TemporaryDirectory
    private let server = Mutex<ScriptedServer?>(nil)

    init() async throws {
        self.directory = try TemporaryDirectory()
        self.socket = self.directory.file("docker.sock")
        let server = try await ScriptedServer(socket: self.socket) { [weak self] in self?.answer($0) ?? .lost }
        self.server.withLock { $0 = server }
    }

    var isEmpty: Bool {
        self.state.withLock { $0.containers.isEmpty && $0.networks.isEmpty && $0.volumes.isEmpty }
    }

    private func answer(_ request: ScriptedServer.Request) -> ScriptedServer.Answer {
        let parts = request.target.split(separator: "?", maxSplits: 1)
        var path = parts[0].split(separator: "/").map(String.init)
        let version = path.first.flatMap { $0.hasPrefix("v1.") ? $0 : nil }
        if version != nil { path.removeFirst() }
        let items = URLComponents(string: request.target)?.queryItems ?? []
        @Sendable func query(_ name: String) -> String { items.first { $0.name == name }?.value ?? "" }
        let call = "\(request.method) /\(path.joined(separator: "/"))"
        let number = self.state.withLock { state in
            state.calls.append(call)
            if let version { state.versions.insert(version) }
            return state.calls.count
        }
        switch self.fault.withLock({ $0 })(number, call) {
        case .lostBefore: return .lost
        case .status(let status, let message): return .json("{\"message\":\"\(message)\"}", status: status)
        case .lostAfter:
            _ = self.state.withLock { Self.perform(request, path, query, &$0) }
            return .lost
        case nil: return self.state.withLock { Self.perform(request, path, query, &$0) }
        }
    }

    private static func message(_ status: Int, _ text: String) -> ScriptedServer.Answer {
        .json("{\"message\":\"\(text)\"}", status: status)
    }

    private static func perform(
        _ request: ScriptedServer.Request, _ path: [String], _ query: (String) -> String, _ state: inout State
    ) -> ScriptedServer.Answer {
        let name = path.count > 1 ? path[1] : ""
        switch (request.method, path.first ?? "", path.count > 2 ? path[2] : "") {
        case ("GET", "version", _):
            return .json("{\"ApiVersion\":\"\(state.apiVersion)\",\"MinAPIVersion\":\"\(state.minimumVersion)\"}")
        case ("GET", "_ping", _): return .response(200, body: Array("OK".utf8))
        case ("POST", "networks", _):
            guard let creation = try? EngineCoding.decode(NetworkCreation.self, from: request.body) else {
                return self.message(400, "body")
            }
            if state.networks[creation.name] != nil { return self.message(409, "network exists") }
            state.networks[creation.name] = creation
            return .json("{\"Id\":\"\(creation.name)\"}", status: 201)
        case ("GET", "networks", _):
            let found = state.networks.values.filter { self.matches($0.labels, query("filters")) }.map { network in
                "{\"Id\":\"\(network.name)\",\"Name\":\"\(network.name)\",\"Created\":\"2026\",\"Labels\":\(self.json(network.labels)),"
                    + "\"IPAM\":{\"Config\":[{\"Subnet\":\"172.30.0.0/16\"}]}}"
            }
            return .json("[\(found.joined(separator: ","))]")
        case ("DELETE", "networks", _):
            if state.containers.values.contains(where: { $0.creation.hostConfig.networkMode == name }) {
                return self.message(403, "network has active endpoints")
            }
            return state.networks.removeValue(forKey: name) == nil ? self.message(404, "no such network") : .response(204)
        case ("POST", "volumes", _):
            guard let creation = try? EngineCoding.decode(VolumeCreation.self, from: request.body) else {
                return self.message(400, "body")
            }
            if state.volumes[creation.name] == nil { state.volumes[creation.name] = creation }
            return .json("{\"Name\":\"\(creation.name)\"}", status: 201)
        case ("GET", "volumes", _):
            let found = state.volumes.values.filter { self.matches($0.labels, query("filters")) }
                .map { "{\"Name\":\"\($0.name)\",\"Labels\":\(self.json($0.labels))}" }
            return .json("{\"Volumes\":\(found.isEmpty ? "null" : "[\(found.joined(separator: ","))]")}")
        case ("DELETE", "volumes", _):
            return state.volumes.removeValue(forKey: name) == nil ? self.message(404, "no such volume") : .response(204)
        case ("POST", "images", _):
            state.authorizations.append(request.headers["x-registry-auth"])
            state.images.insert(query("fromImage").split(separator: ":").first.map(String.init) ?? "")
            return .response(state.pullStatus, body: Array(state.pullAnswer.utf8))
        case (_, "containers", _), (_, "exec", _): return self.container(request, path, query, &state)
        default: return self.message(404, "page not found")
        }
    }

    private static func container(
        _ request: ScriptedServer.Request, _ path: [String], _ query: (String) -> String, _ state: inout State
    ) -> ScriptedServer.Answer {
        let name = path[1]
        if path[0] == "exec" {
            return request.method == "POST" ? .response(200) : .json("{\"Running\":false,\"ExitCode\":0}")
        }
        switch (request.method, name, path.count > 2 ? path[2] : "") {
        case ("POST", "create", _):
            guard let creation = try? EngineCoding.decode(ContainerCreation.self, from: request.body) else {
                return self.message(400, "body")
            }
            if state.containers[query("name")] != nil { return self.message(409, "name is in use") }
            guard state.images.contains(creation.image) else { return self.message(404, "No such image: \(creation.image)") }
            if let network = creation.hostConfig.networkMode, network != "none", state.networks[network] == nil {
                return self.message(404, "network \(network) not found")
            }
            state.containers[query("name")] = Container(creation: creation)
            return .json("{\"Id\":\"\(query("name"))\"}", status: 201)
        case ("GET", "json", _):
            let found = state.containers.filter {
                query("filters").isEmpty || self.matches($0.value.creation.labels, query("filters"))
            }
            return .json("[\(found.map { self.summary($0.key, $0.value) }.joined(separator: ","))]")
        default: break
        }
        if state.isSlowToStop, path.last == "stop" { return .silence }
        guard var container = state.containers[name] else { return self.message(404, "No such container: \(name)") }
        switch (request.method, path.count > 2 ? path[2] : "") {
        case ("GET", "json"): return .json(self.inspection(name, container, health: state.health))
        case ("GET", "logs"): return .response(200, body: [1, 0, 0, 0, 0, 0, 0, 10] + Array("last words".utf8))
        case ("PUT", "archive"):
            container.archives += 1
            container.archive = request.body
        case ("POST", "exec"):
            let command = (try? EngineCoding.decode(ExecCreation.self, from: request.body))?.cmd ?? []
            state.commands.append("\(name): \(command.joined(separator: " "))")
            return .json("{\"Id\":\"exec\"}", status: 201)
        case ("POST", "wait"): return .json("{\"StatusCode\":0}")
        case ("POST", "stop"): container.status = "exited"
        case ("POST", "update"): container.size = try? EngineCoding.decode(ContainerUpdate.self, from: request.body)
        case ("POST", "start"):
            let ports = (container.creation.hostConfig.portBindings ?? [:]).values.flatMap { $0 }.compactMap { Int($0.hostPort) }
            if !state.takenPorts.isDisjoint(with: ports) { return self.message(500, "Bind failed: port is already allocated") }
            state.starts += 1
            container.status = "running"
            container.startedAt = "2026-01-01T00:00:0\(state.starts % 10)Z"
        case ("DELETE", _):
            state.containers[name] = nil
            return .response(204)
        default: return self.message(404, "page not found")
        }
        state.containers[name] = container
        return .response(204)
    }

    private static func summary(_ name: String, _ container: Container) -> String {
        "{\"Id\":\"\(name)\",\"Names\":[\"/\(name)\"],\"Labels\":\(self.json(container.creation.labels)),\"State\":\"\(container.status)\","
            + "\"Status\":\"Up (healthy)\",\"Ports\":[]}"
    }

    private static func inspection(_ name: String, _ container: Container, health: String) -> String {
        var host = container.creation.hostConfig
        if let size = container.size {
            host.nanoCpus = size.nanoCpus
            host.memory = size.memory
        }
        let mounts = (host.mounts ?? []).map {
            "{\"Name\":\"\($0.source ?? "nameless-\(name)")\",\"Destination\":\"\($0.target)\"}"
        }
        return "{\"Id\":\"\(name)\",\"RestartCount\":0,\"State\":{\"Status\":\"\(container.status)\",\"ExitCode\":1,"
            + "\"StartedAt\":\"\(container.startedAt)\",\"Health\":{\"Status\":\"\(health)\"}},"
            + "\"Config\":{\"Image\":\"\(container.creation.image)\",\"Labels\":\(self.json(container.creation.labels)),"
            + "\"Env\":\(String(decoding: (try? JSONEncoder().encode(container.creation.env)) ?? Data(), as: UTF8.self))},"
            + "\"HostConfig\":\(String(decoding: (try? EngineCoding.encode(host)) ?? [], as: UTF8.self)),"
            + "\"Mounts\":[\(mounts.joined(separator: ","))]}"
    }

    private static func json(_ labels: [String: String]) -> String {
        String(decoding: (try? JSONEncoder().encode(labels)) ?? Data(), as: UTF8.self)
    }

    private static func matches(_ labels: [String: String], _ filters: String) -> Bool {
        let wanted = (try? JSONDecoder().decode([String: [String]].self, from: Data(filters.utf8)))?["label"] ?? []
        return wanted.allSatisfy { filter in
            let parts = filter.split(separator: "=", maxSplits: 1).map(String.init)
            return parts.count == 2 && labels[parts[0]] == parts[1]
        }
    }
}

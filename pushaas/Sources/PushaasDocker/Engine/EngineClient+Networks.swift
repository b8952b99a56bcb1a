import PushaasCurl
import PushaasProvisioning

extension EngineClient {
    /// By their age, the oldest first.
    func networks(labels: [String]) async throws -> [NetworkSummary] {
        let response = try await self.call("GET", "/networks", query: [("filters", Self.filter(labels: labels))])
        return try self.decode([NetworkSummary].self, response).sorted { ($0.created, $0.id) < ($1.created, $1.id) }
    }

    /// Does nothing if there is one of that name.
    func createNetwork(_ creation: NetworkCreation) async throws {
        try await self.call("POST", "/networks/create", json: creation, expecting: [409])
    }

    /// Succeeds if it is not there.
    func removeNetwork(_ id: String) async throws {
        let response = try await self.call("DELETE", "/networks/\(id)", expecting: [403, 404])
        // The Engine takes a container's place in the network away a moment after the container.
        if response.status == 403 {
            throw ProviderError(.temporary, "a network is still in use by a container: \(id)")
        }
    }

    func volumes(labels: [String]) async throws -> [VolumeList.Volume] {
        let response = try await self.call("GET", "/volumes", query: [("filters", Self.filter(labels: labels))])
        return (try self.decode(VolumeList.self, response).volumes ?? []).sorted { $0.name < $1.name }
    }

    /// Does nothing if there is one of that name.
    func createVolume(_ creation: VolumeCreation) async throws {
        try await self.call("POST", "/volumes/create", json: creation)
    }

    /// Succeeds if it is not there.
    func removeVolume(_ name: String) async throws {
        let response = try await self.call("DELETE", "/volumes/\(name)", expecting: [404, 409])
        if response.status == 409 {
            throw ProviderError(.temporary, "a volume is still in use by a container: \(name)")
        }
    }
}

import FoundationEssentials
import Glibc
import PushaasCurl
import PushaasProvisioning
import Synchronization

/// Calls the Engine API. What goes wrong is a `ProviderError` in words; statuses that a caller expects are answers.
final class EngineClient: Sendable {
    /// What is spoken with an Engine that understands it. An older Engine's own version is used with that one, and of an Engine that has
    /// forgotten this version the oldest that it still speaks: nothing that is used here has changed in between.
    static let version = APIVersion(major: 1, minor: 47)
    /// Of Docker 17.05, the first with all that is used.
    static let oldestVersion = APIVersion(major: 1, minor: 29)

    let endpoint: DockerConfiguration.Endpoint
    private let curl: CurlClient
    /// For calls that wait until something has ended, each on a thread: drains and pulls must not hold up the short ones.
    private let patientCurl: CurlClient
    private let negotiated = Mutex<APIVersion?>(nil)

    init(_ endpoint: DockerConfiguration.Endpoint, curl: CurlClient) {
        self.endpoint = endpoint
        self.curl = curl
        self.patientCurl = CurlClient(maximumConcurrency: Self.maximumPatientCalls)
    }

    /// More than an instance has push-streams.
    private static let maximumPatientCalls = 32
    /// A call that may take longer than this is one that waits.
    private static let patience = Duration.seconds(60)

    /// Makes one call, without a body.
    ///
    /// - Parameters:
    ///   - path: After the version: `/containers/json`.
    ///   - expected: Statuses of errors that are returned instead of thrown.
    @discardableResult
    func call(
        _ method: String, _ path: String, query: [(String, String)] = [], expecting expected: Set<Int> = [],
        timeout: Duration = .seconds(30)
    ) async throws -> CurlResponse {
        try await self.call(method, path, query: query, bytes: nil, type: "", expecting: expected, timeout: timeout)
    }

    /// Makes one call with a JSON body.
    @discardableResult
    func call(
        _ method: String, _ path: String, query: [(String, String)] = [], json: some Encodable, expecting expected: Set<Int> = [],
        timeout: Duration = .seconds(30)
    ) async throws -> CurlResponse {
        try await self.call(
            method, path, query: query, bytes: try EngineCoding.encode(json), type: "application/json", expecting: expected,
            timeout: timeout)
    }

    @discardableResult
    func call(
        _ method: String, _ path: String, query: [(String, String)], bytes: [UInt8]?, type: String,
        expecting expected: Set<Int> = [],
        timeout: Duration = .seconds(30), headers: [(name: String, value: String)] = [],
        onData: (@Sendable (UnsafeRawBufferPointer) -> Void)? = nil
    ) async throws -> CurlResponse {
        let version = try await self.negotiate()
        let text = query.map { "\($0)=\(PercentEncoding.escape($1))" }.joined(separator: "&")
        // An empty body, so that libcurl tells its length: some proxies before an Engine refuse a POST without one.
        let body = bytes ?? (method == "POST" ? [] : nil)
        var request = CurlRequest(
            method, "\(self.endpoint.url)/v\(version)\(path)\(text.isEmpty ? "" : "?\(text)")", body: body, timeout: timeout)
        request.headers = headers
        if bytes != nil { request.headers.append(("Content-Type", type)) }
        request.onData = onData
        let response = try await self.send(request)
        guard response.status >= 400, !expected.contains(response.status) else { return response }
        throw Self.error(response, method, path)
    }

    func decode<Value: Decodable>(_ type: Value.Type, _ response: CurlResponse) throws -> Value {
        do {
            return try EngineCoding.decode(type, from: response.body)
        } catch {
            throw ProviderError(.permanent, "the Docker Engine gave an answer that is not understood")
        }
    }

    /// The version that is spoken with this Engine; asked for once per connection to it.
    @discardableResult
    func negotiate() async throws -> APIVersion {
        if let version = self.negotiated.withLock({ $0 }) { return version }
        let response = try await self.send(CurlRequest("GET", "\(self.endpoint.url)/version", timeout: .seconds(10)))
        guard response.status == 200 else { throw Self.error(response, "GET", "/version") }
        let told = try self.decode(EngineVersion.self, response)
        guard let latest = APIVersion(told.apiVersion), latest >= Self.oldestVersion else {
            throw ProviderError(
                .permanent, "the Docker Engine speaks version \(told.apiVersion) of its API, and \(Self.oldestVersion) is needed")
        }
        let oldest = told.minimumAPIVersion.flatMap(APIVersion.init) ?? latest
        let version = max(min(Self.version, latest), min(oldest, latest))
        self.negotiated.withLock { $0 = version }
        return version
    }

    private func send(_ original: CurlRequest) async throws -> CurlResponse {
        var request = original
        request.unixSocket = self.endpoint.socket
        request.tls = CurlRequest.TLS(
            authorities: self.endpoint.authorities, certificate: self.endpoint.certificate, key: self.endpoint.key)
        do {
            return try await (request.timeout > Self.patience ? self.patientCurl : self.curl).send(request)
        } catch {
            // Another Engine may come back in its place.
            self.negotiated.withLock { $0 = nil }
            throw self.error(error)
        }
    }

    private func error(_ error: CurlError) -> any Error {
        let engine = "the Docker Engine at \(self.endpoint.name)"
        if [.notConnected, .invalidRequest].contains(error.reason), let file = self.unreadableFile {
            return ProviderError(.permanent, "\(engine) cannot be called: the file \(file) cannot be read")
        }
        switch error.reason {
        case .cancelled: return CancellationError()
        case .notConnected:
            if let socket = self.endpoint.socket, access(socket, R_OK | W_OK) != 0, errno == EACCES {
                return ProviderError(
                    .permanent, "pushaas has no permission to use \(socket): its user has to be in the group that owns it")
            }
            return ProviderError(.temporary, "\(engine) cannot be reached: \(error)")
        case .connectionLost: return ProviderError(.temporary, "the connection to \(engine) was lost")
        case .timedOut: return ProviderError(.temporary, "\(engine) did not answer in time")
        case .badAnswer: return ProviderError(.permanent, "\(engine) gave an answer that cannot be used: \(error)")
        case .invalidRequest: return ProviderError(.permanent, "\(engine) cannot be called: \(error)")
        }
    }

    /// libcurl does not name it.
    private var unreadableFile: String? {
        [self.endpoint.authorities, self.endpoint.certificate, self.endpoint.key].compactMap { $0 }.first {
            access($0, R_OK) != 0
        }
    }

    static func error(_ response: CurlResponse, _ method: String, _ path: String) -> ProviderError {
        let told = (try? EngineCoding.decode(EngineMessage.self, from: response.body).message) ?? ""
        let reason = told.isEmpty ? "status \(response.status) to \(method) \(path)" : Self.sentence(told)
        switch response.status {
        case 408, 409, 423, 425, 429, 500...:
            return ProviderError(.temporary, "the Docker Engine refused for now: \(reason)")
        default:
            return ProviderError(.permanent, "the Docker Engine refused: \(reason)")
        }
    }

    /// As a part of a sentence: one line without a full stop.
    static func sentence(_ text: String) -> String {
        var line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
        while line.last == "." || line.last == " " { line.removeLast() }
        return String(line.prefix(500))
    }
}

/// A version of the Engine API: `1.41`.
struct APIVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    var major: Int
    var minor: Int

    init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    init?(_ text: String) {
        let parts = text.split(separator: ".").map { Int($0) }
        guard parts.count == 2, let major = parts[0], let minor = parts[1] else { return nil }
        self.init(major: major, minor: minor)
    }

    static func < (left: APIVersion, right: APIVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    var description: String { "\(self.major).\(self.minor)" }
}

import Foundation
import PushTestSupport

/// How a deployment differs from the shipped one.
public struct DeploymentOptions: Sendable {
    /// Texts of push-stream/nginx.conf that are replaced, beside its ports; each has to be there.
    public var nginxReplacements: [(text: String, replacement: String)] = []
    /// Environment of push-agent and push-api.
    public var environment: [String: String] = [:]

    public init() {}
}

public struct UnexpectedConfiguration: Error, CustomStringConvertible {
    public let file: String
    public let missing: String
    public var description: String { "\(self.file) does not hold '\(self.missing)'" }
}

extension Deployment {
    /// redis-server with the shipped redis.conf, push-stream with the shipped nginx.conf, push-agent and push-api.
    static func fourProcesses(_ options: DeploymentOptions) throws -> Deployment {
        let directory = try TemporaryDirectory()
        let (redisPort, streamPort, controlPort) = (
            try ServicePort.allocate(), try ServicePort.allocate(), try ServicePort.allocate()
        )
        let (agentPort, apiPort) = (try ServicePort.allocate(), try ServicePort.allocate())
        let credentials = Credentials(user: "tester", password: "s3cret:with colon")
        let agentName = "agent-under-test"
        try FileManager.default.createDirectory(atPath: directory.file("redis"), withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: directory.file("logs"), withIntermediateDirectories: true)
        let configuration = try directory.write(
            try self.nginxConfiguration(streamPort: streamPort, controlPort: controlPort, options), to: "nginx.conf")

        let redisURL = "redis://127.0.0.1:\(redisPort)"
        let agentEnvironment = [
            "PUSHAGENT_PUSH_STREAM__URL": "http://127.0.0.1:\(controlPort)", "PUSHAGENT_REDIS__URL": redisURL,
            "PUSHAGENT_SERVER__PORT": "\(agentPort)", "PUSHAGENT_AGENT__NAME": agentName,
            "PUSHAGENT_WORKERS__STATS__INTERVAL": "200ms",
        ].merging(options.environment) { $1 }
        let apiEnvironment = [
            "PUSHAPI_SERVER__PORT": "\(apiPort)", "PUSHAPI_REDIS__URL": redisURL,
            "PUSHAPI_PUSH_STREAM__URL": "http://localhost:\(streamPort)", "PUSHAPI_API__BASIC_AUTH_USER": credentials.user,
            "PUSHAPI_API__BASIC_AUTH_PASSWORD": credentials.password,
            "PUSHAPI_WORKERS__PERSISTENT_CHANNELS__INTERVAL": "200ms",
            "PUSHAPI_WORKERS__PERSISTENT_CHANNELS__LOCK_TIMEOUT": "100ms",
        ].merging(options.environment) { $1 }
        let (streamProgram, agentProgram, apiProgram) = (
            try Repository.binary("push-stream"), try Repository.binary("push-agent"), try Repository.binary("push-api")
        )
        let redisConfiguration = "\(Repository.root)/push-redis/redis.conf"

        return Deployment(
            kind: .fourProcesses, api: .port(apiPort), stream: .port(streamPort), control: .port(controlPort),
            redis: .port(redisPort), agent: .port(agentPort), credentials: credentials, agentName: agentName,
            launchers: [
                Launcher(component: .redis) {
                    try TestProcess(
                        "redis-server",
                        arguments: [redisConfiguration, "--port", "\(redisPort)", "--dir", directory.file("redis")])
                } isReady: {
                    try await self.redis(.port(redisPort), "PING") == "+PONG\r\n"
                },
                Launcher(component: .pushStream) {
                    try TestProcess(
                        streamProgram, arguments: ["-p", directory.path, "-c", configuration], workingDirectory: directory.path)
                } isReady: {
                    try await self.status(of: "/channels-stats", at: .port(controlPort)) == 200
                },
                Launcher(component: .pushAgent) {
                    try TestProcess(agentProgram, environment: agentEnvironment, workingDirectory: directory.path)
                } isReady: {
                    try await self.status(of: "/readyz", at: .port(agentPort)) == 200
                },
                Launcher(component: .pushAPI) {
                    try TestProcess(apiProgram, environment: apiEnvironment, workingDirectory: directory.path)
                } isReady: {
                    try await self.status(of: "/readyz", at: .port(apiPort)) == 200
                },
            ], directory: directory)
    }

    /// push-service with its own redis-server.
    static func singleBinary(_ options: DeploymentOptions) throws -> Deployment {
        let directory = try TemporaryDirectory()
        let (apiPort, streamPort) = (try ServicePort.allocate(), try ServicePort.allocate())
        let credentials = Credentials(user: "tester", password: "s3cret:with colon")
        let data = directory.file("data")
        let program = try Repository.binary("push-service")
        return Deployment(
            kind: .singleBinary, api: .port(apiPort), stream: .port(streamPort), control: .unixSocket("\(data)/push-stream.sock"),
            redis: .unixSocket("\(data)/redis.sock"), agent: nil, credentials: credentials, agentName: nil,
            launchers: [
                Launcher(component: .pushService) {
                    try TestProcess(
                        program,
                        arguments: [
                            "--data-dir", data, "--api-port", "\(apiPort)", "--stream-port", "\(streamPort)",
                            "--user", credentials.user, "--password", credentials.password,
                        ], environment: options.environment, workingDirectory: directory.path)
                } isReady: {
                    let statistics = try await self.status(of: "/channels-stats", at: .unixSocket("\(data)/push-stream.sock"))
                    return try await self.status(of: "/readyz", at: .port(apiPort)) == 200 && statistics == 200
                }
            ], directory: directory)
    }

    /// The shipped nginx.conf with other ports, and two workers whatever the machine has.
    private static func nginxConfiguration(streamPort: Int, controlPort: Int, _ options: DeploymentOptions) throws -> String {
        let file = "push-stream/nginx.conf"
        var text = try Repository.text(of: file)
        func replace(_ pattern: some RegexComponent, _ name: String, _ replacement: (String) -> String) throws {
            guard text.firstMatch(of: pattern) != nil else { throw UnexpectedConfiguration(file: file, missing: name) }
            let former = text
            text = former.replacing(pattern) { replacement(String(former[$0.range])) }
        }
        try replace(/listen\s[^;]*\b9080\b/, "listen 9080") { $0.replacing("9080", with: "\(streamPort)") }
        try replace(/listen\s[^;]*\b9081\b/, "listen 9081") { $0.replacing("9081", with: "\(controlPort)") }
        try replace(/worker_processes\s[^;]*;/, "worker_processes") { _ in "worker_processes 2;" }
        for (old, new) in options.nginxReplacements {
            guard text.contains(old) else { throw UnexpectedConfiguration(file: file, missing: old) }
            text = text.replacing(old, with: new)
        }
        return text
    }

    public static func status(of path: String, at endpoint: Endpoint) async throws -> Int {
        let connection = try await HTTPConnection(to: endpoint)
        defer { connection.close() }
        return try await connection.response(to: HTTPRequest("GET", path), within: .seconds(10)).status
    }

    /// A Redis command of plain words, and what Redis answers before it is asked for a PONG.
    static func redis(_ endpoint: Endpoint, _ command: String) async throws -> String {
        let connection = try await TCPConnection.connect(to: endpoint)
        defer { connection.close() }
        try await connection.send("\(command)\r\nPING\r\n")
        let end = Array("+PONG\r\n".utf8)
        var answer: [UInt8] = []
        while !answer.suffix(end.count).elementsEqual(end) || (command == "PING" && answer.count < 2 * end.count) {
            guard let bytes = try await connection.receive() else { throw HTTPError.truncated("an answer of Redis") }
            answer += bytes
        }
        return String(decoding: answer.dropLast(end.count), as: UTF8.self)
    }
}

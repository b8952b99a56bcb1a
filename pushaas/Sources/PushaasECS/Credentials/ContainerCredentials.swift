import FoundationEssentials
import PushaasCurl

/// The endpoint that ECS and EKS give each container: a task role's credentials.
struct ContainerCredentials: CredentialProvider {
    let environment: [String: String]
    let http: CurlClient

    func fetch() async throws -> AWSCredentials? {
        guard let url = try self.url() else { return nil }
        var request = CurlRequest("GET", url, timeout: .seconds(5))
        request.usesProxy = false
        if let token = try self.token() { request.headers.append((name: "Authorization", value: token)) }
        let response: CurlResponse
        do throws(CurlError) {
            response = try await self.http.send(request)
        } catch {
            throw CredentialError("the container's credentials endpoint does not answer: \(error)", isTransient: true)
        }
        guard response.status == 200 else {
            throw CredentialError(
                "the container's credentials endpoint answered \(response.status)", isTransient: response.status >= 500)
        }
        return try CredentialDocument.read(response.body, from: "the container's credentials endpoint")
    }

    private func url() throws -> String? {
        if let path = self.environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"], !path.isEmpty {
            guard path.hasPrefix("/") else {
                throw CredentialError("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with a slash")
            }
            return "http://169.254.170.2\(path)"
        }
        guard let full = self.environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"], !full.isEmpty else { return nil }
        guard let url = URL(string: full), let scheme = url.scheme?.lowercased(), let host = url.host(), !host.isEmpty,
            scheme == "https" || (scheme == "http" && Self.mayBeAsked(host))
        else {
            throw CredentialError(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor on this machine nor one of AWS's own addresses")
        }
        return full
    }

    /// Without TLS only addresses that cannot be another machine's: loopback, and those where ECS and EKS answer.
    private static func mayBeAsked(_ host: String) -> Bool {
        let host = host.filter { !"[]".contains($0) }.lowercased()
        if ["localhost", "::1", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"].contains(host) { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return parts.count == 4 && parts.allSatisfy { $0 != nil } && parts[0] == 127
    }

    private func token() throws -> String? {
        var token = self.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
        if let file = self.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"], !file.isEmpty {
            guard let data = try? Data(contentsOf: URL(filePath: file)), let text = String(data: data, encoding: .utf8) else {
                throw CredentialError("the container's authorization token cannot be read from \(file)")
            }
            token = text.trimmed
        }
        guard let token, !token.isEmpty else { return nil }
        // It becomes a header.
        guard !token.unicodeScalars.contains(where: { $0.value < 32 }) else {
            throw CredentialError("the container's authorization token holds line ends")
        }
        return token
    }
}

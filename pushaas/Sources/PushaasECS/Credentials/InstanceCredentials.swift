import FoundationEssentials
import PushaasCurl

/// The role of the EC2 machine, from its metadata service, version 2.
struct InstanceCredentials: CredentialProvider {
    let environment: [String: String]
    let http: CurlClient

    func fetch() async throws -> AWSCredentials? {
        if self.environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() == "true" { return nil }
        var base = self.environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] ?? ""
        if base.isEmpty { base = "http://169.254.169.254" }
        while base.hasSuffix("/") { base.removeLast() }

        let token: String
        do throws(CurlError) {
            let answer = try await self.call(
                "PUT", "\(base)/latest/api/token", header: ("X-aws-ec2-metadata-token-ttl-seconds", "21600"))
            // Not a machine of EC2, or one without that service.
            guard answer.status == 200 else { return nil }
            token = answer.text
        } catch {
            if error.reason == .cancelled { throw CancellationError() }
            return nil
        }
        let header = ("X-aws-ec2-metadata-token", token)
        let path = "\(base)/latest/meta-data/iam/security-credentials/"
        do throws(CurlError) {
            let list = try await self.call("GET", path, header: header)
            guard list.status == 200, let role = list.text.split(whereSeparator: \.isNewline).first else { return nil }
            let answer = try await self.call("GET", path + role, header: header)
            guard answer.status == 200 else {
                throw CurlError(.badAnswer, "it answered \(answer.status)")
            }
            return try Self.read(answer)
        } catch {
            if error.reason == .cancelled { throw CancellationError() }
            throw CredentialError("the machine's metadata service gave no credentials: \(error)", isTransient: true)
        }
    }

    private static func read(_ answer: CurlResponse) throws(CurlError) -> AWSCredentials {
        do {
            return try CredentialDocument.read(answer.body, from: "the machine's metadata service")
        } catch {
            throw CurlError(.badAnswer, "\(error)")
        }
    }

    /// Where there is no such service, packets to its address may get no answer at all: so one second is enough, and more tries are not made
    /// before the first has succeeded.
    private func call(_ method: String, _ url: String, header: (String, String)) async throws(CurlError) -> CurlResponse {
        var request = CurlRequest(method, url, timeout: .seconds(2))
        request.connectTimeout = .seconds(1)
        request.usesProxy = false
        request.headers = [(name: header.0, value: header.1)]
        return try await self.http.send(request)
    }
}

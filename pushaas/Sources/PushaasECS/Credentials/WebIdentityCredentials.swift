import FoundationEssentials

/// A role for the token in a file, as Kubernetes gives one to a pod (`AWS_ROLE_ARN`, `AWS_WEB_IDENTITY_TOKEN_FILE`).
struct WebIdentityCredentials: CredentialProvider {
    let environment: [String: String]
    /// Makes calls without a signature: the token stands for it.
    let client: AWSClient

    func fetch() async throws -> AWSCredentials? {
        guard let file = self.environment["AWS_WEB_IDENTITY_TOKEN_FILE"], !file.isEmpty else { return nil }
        guard let role = self.environment["AWS_ROLE_ARN"], !role.isEmpty else {
            throw CredentialError("AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not")
        }
        // Read each time: the file's token is replaced long before it ends.
        guard let data = try? Data(contentsOf: URL(filePath: file)),
            let token = String(data: data, encoding: .utf8)?.trimmed, !token.isEmpty
        else { throw CredentialError("the web identity token cannot be read from \(file)") }

        let session = self.environment["AWS_ROLE_SESSION_NAME"].flatMap { $0.isEmpty ? nil : $0 } ?? "pushaas"
        let answer: XMLNode
        do {
            answer = try await self.client.query(
                .sts, "AssumeRoleWithWebIdentity",
                QueryForm([("RoleArn", role), ("RoleSessionName", session), ("WebIdentityToken", token)]), signed: false)
        } catch let error as AWSError {
            throw CredentialError(error.description, isTransient: error.isTransient)
        }
        guard let found = answer.find("Credentials"), let id = found["AccessKeyId"]?.text,
            let secret = found["SecretAccessKey"]?.text, let sessionToken = found["SessionToken"]?.text
        else { throw CredentialError("AWS STS gave no credentials for \(role)", isTransient: true) }
        return AWSCredentials(
            accessKeyID: id, secretAccessKey: secret, sessionToken: sessionToken,
            expiration: found["Expiration"].flatMap { CredentialDocument.date($0.text) })
    }
}

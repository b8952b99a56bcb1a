import FoundationEssentials
import Synchronization

/// The first place of the standard chain that has credentials, which are kept until five minutes before they end.
final class CredentialChain: CredentialSource {
    static let margin: TimeInterval = 5 * 60

    private let places: [any CredentialProvider]
    private let now: @Sendable () -> Date
    private let cached = Mutex<AWSCredentials?>(nil)

    init(_ places: [any CredentialProvider], now: @escaping @Sendable () -> Date = { Date() }) {
        self.places = places
        self.now = now
    }

    func credentials(renewed: Bool) async throws -> AWSCredentials {
        let known = self.cached.withLock { $0 }
        if !renewed, let known, self.remaining(known) > Self.margin { return known }
        do {
            for place in self.places {
                guard let found = try await place.fetch() else { continue }
                self.cached.withLock { $0 = found }
                return found
            }
            throw CredentialError(
                "there are no AWS credentials: not in the environment, from no web identity, container or instance; give pushaas a task "
                    + "role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
                // A machine's metadata service that does not answer looks like a machine that has none.
                isTransient: known != nil)
        } catch let error as CredentialError {
            // They still hold for some minutes, and the place may answer before those are over.
            if !renewed, let known, self.remaining(known) > 0 { return known }
            throw error
        }
    }

    private func remaining(_ credentials: AWSCredentials) -> TimeInterval {
        credentials.expiration.map { $0.timeIntervalSince(self.now()) } ?? .infinity
    }
}

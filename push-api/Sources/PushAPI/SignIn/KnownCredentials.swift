import Synchronization

/// What the `Authorization` headers of clients that have signed in say, so that a client in steady use has its header read and hashed
/// once and not with each request.
///
/// That a header was right is not what is kept: whose secret it has is compared with the key's record each time, so that a key that was
/// revoked or has expired is refused as if this were not here. Headers are not kept either: they are found by two keyed 64-bit hashes,
/// which tell nothing of them, which no one can aim at, and which show in no time how much of a guess is right.
final class KnownCredentials: Sendable {
    enum Meaning: Sendable {
        /// The configured user, with the right password.
        case user
        case key(APIKeyToken)
    }

    /// A header, as far as it is kept.
    struct Fingerprint: Hashable, Sendable {
        fileprivate let first: Int
        fileprivate let second: Int
    }

    /// More than there are keys. When that many headers are known, all are forgotten.
    static let capacity = 2 * APIKeyRepository.maximumKeys

    private let salts = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))
    private let meanings = Mutex<[Fingerprint: Meaning]>([:])

    func fingerprint(of header: String) -> Fingerprint {
        var header = header
        return header.withUTF8 { bytes in
            func hash(_ salt: UInt64) -> Int {
                // Its key is random for each process.
                var hasher = Hasher()
                hasher.combine(salt)
                hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
                return hasher.finalize()
            }
            return Fingerprint(first: hash(self.salts.0), second: hash(self.salts.1))
        }
    }

    subscript(_ fingerprint: Fingerprint) -> Meaning? { self.meanings.withLock { $0[fingerprint] } }

    /// To be called when a header was right, so that those who guess fill nothing.
    func remember(_ fingerprint: Fingerprint, _ meaning: Meaning) {
        self.meanings.withLock { meanings in
            if meanings.count >= Self.capacity { meanings.removeAll(keepingCapacity: true) }
            meanings[fingerprint] = meaning
        }
    }
}

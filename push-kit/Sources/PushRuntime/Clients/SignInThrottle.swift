import Synchronization

/// Slows failed sign-ins of each address, so that passwords cannot be tried out.
///
/// After five failures within a minute, the address has to wait before its credentials are looked at again: a second, and after each
/// further failure twice as long, up to a minute. Ten minutes without an attempt, and it is forgotten. Credentials that were right
/// from the same address within the last hour never wait: a client behind the same proxy as a guesser goes on working.
///
/// An address is an IPv4 address or the /64 of an IPv6 address. Each process counts for itself. The tables are bounded.
public final class SignInThrottle: Sendable {
    private let state: Mutex<State>
    private let clock: @Sendable () -> ContinuousClock.Instant

    /// - Parameter clock: Tells the time where a call does not.
    public init(clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        state = Mutex(State(capacity: State.defaultCapacity))
        self.clock = clock
    }

    init(state: State) {
        self.state = Mutex(state)
        clock = { .now }
    }

    /// Asks whether credentials from an address may be looked at.
    ///
    /// - Parameters:
    ///   - address: `nil` when there is none (a Unix socket): all such clients count as one.
    ///   - credentials: The value of `Authorization`. It is not kept.
    /// - Returns: How long the client has to wait, or `nil` if it need not.
    public func delay(from address: IPAddress?, credentials: String, now: ContinuousClock.Instant? = nil) -> Duration? {
        let client = Self.client(address)
        let now = now ?? clock()
        return state.withLock { state in
            state.delay(client, now: now) { Self.fingerprint(client, credentials) }
        }
    }

    /// The credentials were looked at and were wrong.
    public func failed(from address: IPAddress?, now: ContinuousClock.Instant? = nil) {
        let now = now ?? clock()
        state.withLock { $0.failed(Self.client(address), now: now) }
    }

    /// The credentials were looked at and were right.
    public func succeeded(from address: IPAddress?, credentials: String, now: ContinuousClock.Instant? = nil) {
        let now = now ?? clock()
        let fingerprint = Self.fingerprint(Self.client(address), credentials)
        state.withLock { $0.succeeded(fingerprint, now: now) }
    }

    private static func client(_ address: IPAddress?) -> IPAddress {
        address?.clientNetwork ?? IPAddress(high: 0, low: 0)
    }

    /// SipHash with a key that this process alone has: 64 bits that tell nothing of the credentials and that no one can aim at.
    private static func fingerprint(_ client: IPAddress, _ credentials: String) -> Int {
        var hasher = Hasher()
        hasher.combine(client)
        var credentials = credentials
        credentials.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        return hasher.finalize()
    }
}

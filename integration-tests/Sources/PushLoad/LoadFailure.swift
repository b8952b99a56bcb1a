import Glibc

/// Why a measurement could not be made or may not be believed: one sentence for the operator.
public struct LoadFailure: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }

    /// A system call that failed, with the system's explanation.
    static func system(_ action: String, _ code: Int32 = errno) -> LoadFailure {
        LoadFailure("\(action): \(String(cString: strerror(code)))")
    }
}

import FoundationEssentials
import Glibc
import NIOCore

/// Why a program cannot start, as one line for the person who started it.
public struct StartupError: Error, Sendable, CustomStringConvertible {
    /// What failed, why, and what to do about it.
    public let description: String

    public init(_ description: String) {
        self.description = description
    }

    /// `cannot listen on 127.0.0.1:8080: address already in use (set server.port to another port)`.
    public static func cannotListen(host: String, port: Int, key: String, _ error: any Error) -> StartupError {
        let place = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        guard let code = (error as? IOError)?.errnoCode else {
            return StartupError("cannot listen on \(place): \(describe(error))")
        }
        let advice =
            switch code {
            case EADDRINUSE: " (set \(key) to another port)"
            case EACCES: " (ports below 1024 need a privilege; set \(key) to a higher port)"
            case EADDRNOTAVAIL: " (no interface of this machine has this address)"
            default: ""
            }
        return StartupError("cannot listen on \(place): \(reason(code))\(advice)")
    }

    /// The error as a person would say it.
    public static func describe(_ error: any Error) -> String {
        switch error {
        case let error as StartupError: error.description
        case let error as ConfigurationError: error.description
        case let error as IOError: reason(error.errnoCode)
        case let error as any CustomStringConvertible: error.description
        default: "\(error)"
        }
    }

    private static func reason(_ code: CInt) -> String {
        let text = String(cString: strerror(code))
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}

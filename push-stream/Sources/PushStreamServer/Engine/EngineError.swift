import FoundationEssentials
import Glibc

/// Why an engine does not start, or does not take another configuration.
public enum EngineError: Error, Sendable, CustomStringConvertible {
    /// Another process has the address, or this one did not give it back.
    case addressInUse(String)
    case cannotBind(String, reason: String)
    case cannotOpenLog(LogFileError)
    /// A certificate or another part of TLS cannot be used.
    case cannotEncrypt(TLSError)
    case noListener
    /// The engine has not been started, or is ending.
    case notRunning
    /// Another reload is not over.
    case reloading
    /// A system call failed; `code` is its `errno`.
    case system(call: String, code: Int32)

    public var description: String {
        switch self {
        case .addressInUse(let address): "bind() to \(address) failed (98: Address already in use)"
        case .cannotBind(let address, let reason): "bind() to \(address) failed (\(reason))"
        case .cannotOpenLog(let error): error.description
        case .cannotEncrypt(let error): error.description
        case .noListener: "no \"listen\" address is configured"
        case .notRunning: "the engine does not run"
        case .reloading: "another configuration is being applied"
        case .system(let call, let code): "\(call)() failed (\(code): \(String(cString: strerror(code))))"
        }
    }
}

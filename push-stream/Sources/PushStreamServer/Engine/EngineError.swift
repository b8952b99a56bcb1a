import Foundation

/// Why an engine does not start.
public enum EngineError: Error, Sendable, CustomStringConvertible {
    /// Another process has the address, or this one did not give it back.
    case addressInUse(String)
    case cannotBind(String, reason: String)
    case cannotOpenLog(LogFileError)
    /// A certificate or another part of TLS cannot be used.
    case cannotEncrypt(TLSError)
    case noListener
    /// A system call failed; `code` is its `errno`.
    case system(call: String, code: Int32)

    public var description: String {
        switch self {
        case .addressInUse(let address): "bind() to \(address) failed (98: Address already in use)"
        case .cannotBind(let address, let reason): "bind() to \(address) failed (\(reason))"
        case .cannotOpenLog(let error): error.description
        case .cannotEncrypt(let error): error.description
        case .noListener: "no \"listen\" address is configured"
        case .system(let call, let code): "\(call)() failed (\(code): \(String(cString: strerror(code))))"
        }
    }
}

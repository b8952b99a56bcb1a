import FoundationEssentials
import Glibc

/// Why a file or a folder could not be read or written.
public enum FileFailure {
    /// The operating system's own words where it has said something, as a part of a sentence.
    public static func reason(of error: any Error) -> String {
        let cocoa = error as? CocoaError
        if let posix = (cocoa?.underlying ?? error) as? POSIXError { return String(cString: strerror(posix.code.rawValue)) }
        switch cocoa?.code {
        case .fileReadNoPermission, .fileWriteNoPermission: return "Permission denied"
        case .fileReadNoSuchFile, .fileNoSuchFile: return "No such file or directory"
        case .fileWriteVolumeReadOnly: return "Read-only file system"
        case .fileWriteOutOfSpace: return "No space left on device"
        case .fileWriteFileExists: return "a file of that name exists"
        default: return "\(error)"
        }
    }
}

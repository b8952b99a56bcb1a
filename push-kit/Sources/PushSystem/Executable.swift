import FoundationEssentials

/// The program that runs.
public enum Executable {
    /// Its file, without symbolic links; `nil` where the system does not tell.
    public static var path: String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    }
}

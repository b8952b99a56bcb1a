import SystemPackage

/// What a program says to the person who started it, at once even into a pipe.
///
/// A stream that nobody reads any more is no reason to fail.
public enum Console {
    /// Writes a line to standard error.
    public static func report(_ line: String) {
        self.writeError("\(line)\n".utf8)
    }

    /// Writes to standard error, as it is.
    public static func writeError(_ bytes: some Sequence<UInt8>) {
        _ = try? FileDescriptor.standardError.writeAll(bytes)
    }

    /// Writes to standard output, as it is.
    public static func write(_ bytes: some Sequence<UInt8>) {
        _ = try? FileDescriptor.standardOutput.writeAll(bytes)
    }
}

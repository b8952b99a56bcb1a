import NginxConf

/// `-V`: how this program was built.
enum BuildDescription {
    static var text: String {
        """
        directives of the Nginx Push Stream module \(EngineVersion.moduleVersion)
        built by Swift \(Self.compiler) (\(Self.mode)) for \(Self.platform)
        built with PCRE2 \(RegularExpression.libraryVersion)

        """
    }

    /// The language knows its compiler's version only as a condition.
    private static var compiler: String {
        #if compiler(>=6.5)
            "6.5 or newer"
        #elseif compiler(>=6.4)
            "6.4"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }

    private static var mode: String {
        #if DEBUG
            "debug"
        #else
            "release"
        #endif
    }

    private static var platform: String {
        #if arch(x86_64)
            let processor = "x86_64"
        #elseif arch(arm64)
            let processor = "aarch64"
        #else
            let processor = "another processor"
        #endif
        #if canImport(Glibc)
            return "\(processor) Linux with glibc"
        #elseif canImport(Musl)
            return "\(processor) Linux with musl"
        #else
            return "\(processor) macOS"
        #endif
    }
}

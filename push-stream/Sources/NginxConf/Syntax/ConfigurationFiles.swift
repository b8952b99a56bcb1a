#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How the parser gets at files; tests give it texts of their own.
public struct ConfigurationFiles: Sendable {
    /// A file's bytes.
    public var read: @Sendable (_ path: String) throws(FileError) -> [UInt8]
    /// The paths that match a pattern, in order; none if nothing matches.
    public var glob: @Sendable (_ pattern: String) -> [String]

    public init(
        read: @escaping @Sendable (_ path: String) throws(FileError) -> [UInt8],
        glob: @escaping @Sendable (_ pattern: String) -> [String]
    ) {
        self.read = read
        self.glob = glob
    }

    /// A system call that failed.
    public struct FileError: Error, Sendable, Hashable {
        public var call: String
        /// `errno`
        public var code: Int32

        public init(call: String, code: Int32) {
            self.call = call
            self.code = code
        }

        /// `open() "PATH" failed (2: No such file or directory)`
        public func message(_ path: String) -> String {
            "\(self.call)() \"\(path)\" failed (\(self.code): \(String(cString: strerror(self.code))))"
        }
    }

    /// The file system.
    public static let system = ConfigurationFiles(
        read: { path throws(FileError) in
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw FileError(call: "open", code: errno) }
            defer { close(descriptor) }
            var bytes: [UInt8] = []
            var chunk = [UInt8](repeating: 0, count: 65536)
            while true {
                let count = readChunk(descriptor, &chunk)
                if count == 0 { return bytes }
                if count < 0 {
                    if errno == EINTR { continue }
                    throw FileError(call: "read", code: errno)
                }
                bytes += chunk[..<count]
                // A configuration is small; an endless device is not one.
                guard bytes.count <= Self.largestFile else { throw FileError(call: "read", code: EFBIG) }
            }
        },
        glob: { pattern in
            var result = glob_t()
            defer { globfree(&result) }
            guard Self.systemGlob(pattern, &result) == 0 else { return [] }
            return (0..<Int(result.gl_pathc)).compactMap { index in
                result.gl_pathv[index].map { String(cString: $0) }
            }
        }
    )

    /// Bytes.
    static let largestFile = 16 << 20

    private static func readChunk(_ descriptor: Int32, _ buffer: inout [UInt8]) -> Int {
        buffer.withUnsafeMutableBytes { systemRead(descriptor, $0) }
    }

    private static func systemGlob(_ pattern: String, _ result: inout glob_t) -> Int32 {
        #if canImport(Glibc)
            Glibc.glob(pattern, 0, nil, &result)
        #elseif canImport(Musl)
            Musl.glob(pattern, 0, nil, &result)
        #else
            Darwin.glob(pattern, 0, nil, &result)
        #endif
    }
}

/// `read(2)`, under a name that no property shadows.
private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
    read(descriptor, buffer.baseAddress, buffer.count)
}

import NginxConf

/// For programs that contain the engine.
extension EngineConfiguration {
    /// Reads an nginx.conf that the program carries in itself; it may not include files.
    ///
    /// - Parameters:
    ///   - name: how errors call it.
    ///   - globalDirectives: the argument of `-g`.
    /// - Throws: the first error, in Nginx's words with file and line.
    public static func load(
        contents: [UInt8], name: String, globalDirectives: String = ""
    ) throws(ConfigurationError) -> EngineConfiguration {
        let missing = ConfigurationFiles.FileError(call: "open", code: 2)
        let files = ConfigurationFiles(
            read: { path throws(ConfigurationFiles.FileError) in
                guard path == name else { throw missing }
                return contents
            }, glob: { _ in [] })
        return try Self.load(path: name, globalDirectives: globalDirectives, files: files).engine
    }

    /// Lets every server that listens on a TCP port listen elsewhere.
    ///
    /// - Returns: whether any server listens on that port.
    public mutating func moveListeners(fromPort port: Int, to place: (_ host: String) -> ListenAddress.Kind) -> Bool {
        var isFound = false
        for server in self.servers.indices {
            for listen in self.servers[server].listens.indices {
                guard case .ip(host: let host, port: port) = self.servers[server].listens[listen].kind else { continue }
                self.servers[server].listens[listen].kind = place(host)
                isFound = true
            }
        }
        return isFound
    }

    /// Raises this process's limit of open files as `worker_rlimit_nofile` wants it, or as far as is allowed.
    public func raiseOpenFileLimit() {
        if let wanted = self.process.openFileLimit { _ = ProcessLimits.raiseOpenFiles(to: wanted) }
    }
}

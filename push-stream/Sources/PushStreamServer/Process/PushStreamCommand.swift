import Foundation
import NginxConf

/// The program `push-stream`: what each of its options does.
public struct PushStreamCommand: Sendable {
    private let options: CommandLineOptions

    public init(_ options: CommandLineOptions) {
        self.options = options
    }

    /// Runs the program as its command line says.
    ///
    /// - Parameter arguments: without the program's name.
    /// - Returns: the exit status: 0, or 1 after an error that was told on standard error.
    public static func main(_ arguments: [String]) async -> Int32 {
        do throws(CommandLineOptions.ParseError) {
            return await PushStreamCommand(try CommandLineOptions(parsing: arguments)).run()
        } catch {
            Self.tell(error.description)
            return 1
        }
    }

    public func run() async -> Int32 {
        if self.options.showsVersion {
            self.showVersion()
            guard self.options.testsConfiguration else { return 0 }
        }
        let loaded: LoadedConfiguration
        do throws(ConfigurationError) {
            loaded = try EngineConfiguration.load(
                path: self.options.configurationPath, prefix: self.options.prefix,
                globalDirectives: self.options.globalDirectives)
        } catch {
            Self.tell(error.description)
            if self.options.testsConfiguration { Self.tell("configuration file \(self.options.configurationPath) test failed") }
            return 1
        }
        if self.options.testsConfiguration { return self.test(loaded) }
        if let signal = self.options.signal { return self.send(signal, loaded.engine.process.pidFile) }
        return await self.serve(loaded)
    }

    /// One line on standard error, in nginx's form.
    static func tell(_ message: String) {
        FileHandle.standardError.write(Data("push-stream: \(message)\n".utf8))
    }

    // MARK: -v, -V, -h

    private func showVersion() {
        var text = "push-stream version: push-stream/\(EngineVersion.number)\n"
        if self.options.showsBuild { text += "directives of the Nginx Push Stream module \(EngineVersion.moduleVersion)\n" }
        if self.options.showsHelp { text += CommandLineOptions.usage }
        FileHandle.standardError.write(Data(text.utf8))
    }

    // MARK: -t, -T, -q

    /// Checks, besides the file, that its certificates can be used and its logs be opened, as nginx does.
    private func test(_ loaded: LoadedConfiguration) -> Int32 {
        let path = self.options.configurationPath
        let process = loaded.engine.process
        do throws(TLSError) {
            for settings in loaded.engine.servers.compactMap(\.tls) { _ = try TLSContext(settings) }
        } catch {
            Self.tell("[emerg] \(error)")
            Self.tell("configuration file \(path) test failed")
            return 1
        }
        if !self.options.isQuiet {
            for diagnostic in loaded.diagnostics { Self.tell(diagnostic.description) }
            Self.tell("the configuration file \(path) syntax is ok")
        }
        do throws(LogFileError) {
            for destination in [process.errorLog] + loaded.engine.servers.map(\.accessLog) { _ = try LogFile(destination) }
        } catch {
            Self.tell("[emerg] \(error)")
            Self.tell("configuration file \(path) test failed")
            return 1
        }
        if !self.options.isQuiet { Self.tell("configuration file \(path) test is successful") }
        if self.options.dumpsConfiguration {
            for file in loaded.files {
                FileHandle.standardOutput.write(Data("# configuration file \(file.path):\n".utf8))
                FileHandle.standardOutput.write(Data(file.contents))
                FileHandle.standardOutput.write(Data("\n".utf8))
            }
        }
        return 0
    }

    // MARK: -s

    private func send(_ signal: CommandLineOptions.Signal, _ path: String?) -> Int32 {
        guard let path else {
            Self.tell("[error] no \"pid\" directive in \(self.options.configurationPath) tells where the running push-stream is")
            return 1
        }
        let number: Int32
        switch signal {
        case .stop: number = SIGTERM
        case .quit: number = SIGQUIT
        case .reopen: number = SIGUSR1
        case .reload:
            Self.tell("[error] \"reload\" is not supported: restart push-stream to apply a configuration")
            return 1
        }
        do throws(PIDFile.Failure) {
            let pid = try PIDFile(path: path).read()
            guard kill(pid, number) == 0 else {
                Self.tell("[alert] kill(\(pid), \(number)) failed (\(errno): \(String(cString: strerror(errno))))")
                return 1
            }
        } catch {
            Self.tell("[error] \(error)")
            return 1
        }
        return 0
    }

    // MARK: Serving

    private func serve(_ loaded: LoadedConfiguration) async -> Int32 {
        for diagnostic in loaded.diagnostics { Self.tell(diagnostic.description) }
        do {
            try await PushStreamService(loaded.engine, fallbackErrorLog: self.options.errorLog).run()
            return 0
        } catch {
            Self.tell("[emerg] \(error)")
            return 1
        }
    }
}

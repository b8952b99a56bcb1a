import FoundationEssentials
import Glibc
import NginxConf
import PushHealth
import PushSystem

/// The program `push-stream`: what each of its options does.
public struct PushStreamCommand: Sendable {
    private let options: CommandLineOptions

    public init(_ options: CommandLineOptions) {
        self.options = options
    }

    /// Runs the program as its command line says, and ends the process with 0, or with 1 after an error that was told on standard error.
    ///
    /// The calling thread waits in the ordinary way, not as an asynchronous `main` does: that one ends its thread inside libdispatch,
    /// and the C library passes over a thread that ends when it gives root's rights away for all threads (`user`).
    ///
    /// - Parameter arguments: without the program's name.
    public static func main(_ arguments: [String]) -> Never {
        if arguments.first == "--health" {
            exit(HealthProbe.run(program: "push-stream", arguments: arguments.dropFirst(), address: .init(port: 9080)))
        }
        let command: PushStreamCommand
        do throws(CommandLineOptions.ParseError) {
            command = PushStreamCommand(try CommandLineOptions(parsing: arguments))
        } catch {
            Self.tell(error.description)
            exit(1)
        }
        Task.detached { exit(await command.run()) }
        // Returns after each signal that has a handler.
        while true { pause() }
    }

    public func run() async -> Int32 {
        if self.options.showsVersion {
            self.showVersion()
            guard self.options.testsConfiguration else { return 0 }
        }
        let isServing = !self.options.testsConfiguration && self.options.signal == nil
        // Before the configuration is read, so that no signal meets its default effect meanwhile.
        let signals = isServing ? SignalStream() : nil
        let readiness = isServing ? Daemon.begin() : nil
        let loaded: LoadedConfiguration
        do throws(ConfigurationError) {
            loaded = try self.load()
        } catch {
            Self.tell(error.description)
            if self.options.testsConfiguration { Self.tell("configuration file \(self.options.configurationPath) test failed") }
            return 1
        }
        if self.options.testsConfiguration { return self.test(loaded) }
        if let signal = self.options.signal {
            if signal == .reload { for diagnostic in loaded.diagnostics { Self.tell(diagnostic.description) } }
            return self.send(signal, loaded.engine.process.pidFile)
        }
        if readiness == nil { for diagnostic in loaded.diagnostics { Self.tell(diagnostic.description) } }
        do {
            if loaded.engine.process.isDaemon, readiness == nil { return try Daemon.start() }
            let service = PushStreamService(
                loaded.engine, signals: signals ?? SignalStream(), readiness: readiness, load: self.load)
            try await service.run()
            return 0
        } catch {
            Self.tell("[emerg] \(error)")
            return 1
        }
    }

    /// Reads the configuration: at the start, and anew for each reload.
    private func load() throws(ConfigurationError) -> LoadedConfiguration {
        var loaded = try EngineConfiguration.load(
            path: self.options.configurationPath, prefix: self.options.prefix,
            globalDirectives: self.options.globalDirectives)
        self.chooseErrorLog(&loaded.engine.process)
        return loaded
    }

    /// One line on standard error, in nginx's form.
    static func tell(_ message: String) {
        Console.report("push-stream: \(message)")
    }

    // MARK: -v, -V, -h

    private func showVersion() {
        var text = "push-stream version: push-stream/\(EngineVersion.number)\n"
        if self.options.showsBuild { text += BuildDescription.text }
        if self.options.showsHelp { text += CommandLineOptions.usage }
        Console.writeError(text.utf8)
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
            if let warning = ProcessLimits.warning(process) { Self.tell("[warn] \(warning)") }
            for destination in process.errorLogs.map(\.destination) + loaded.engine.accessLogs.map(\.destination) {
                try LogFile.check(destination)
            }
        } catch {
            Self.tell("[emerg] \(error)")
            Self.tell("configuration file \(path) test failed")
            return 1
        }
        do throws(PIDFile.Failure) {
            if let pidFile = process.pidFile { try PIDFile(path: pidFile).check() }
        } catch {
            Self.tell("[emerg] \(error)")
            Self.tell("configuration file \(path) test failed")
            return 1
        }
        if !self.options.isQuiet { Self.tell("configuration file \(path) test is successful") }
        if self.options.dumpsConfiguration {
            for file in loaded.files {
                Console.write("# configuration file \(file.path):\n".utf8)
                Console.write(file.contents)
                Console.write("\n".utf8)
            }
        }
        return 0
    }

    // MARK: -s

    private func send(_ signal: CommandLineOptions.Signal, _ path: String?) -> Int32 {
        guard let path else {
            Self.tell(
                "[error] no \"pid\" directive in \(self.options.configurationPath) tells where the running push-stream is: add one, or "
                    + "send the process the signal yourself")
            return 1
        }
        let number: Int32
        switch signal {
        case .stop: number = SIGTERM
        case .quit: number = SIGQUIT
        case .reopen: number = SIGUSR1
        case .reload: number = SIGHUP
        }
        do throws(PIDFile.Failure) {
            let pid = try PIDFile(path: path).owner()
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

    // MARK: -e

    /// `-e` is where errors go if the configuration does not say it.
    private func chooseErrorLog(_ process: inout ProcessSettings) {
        guard !process.namesErrorLog, let path = self.options.errorLog, path != "stderr" else { return }
        process.errorLog = .file(path.hasPrefix("/") ? path : self.options.prefix + path)
    }
}

/// The options of `push-stream`, which are nginx's.
///
/// A parser of its own: nginx lets short options be combined (`-qt`), takes their values with or without a blank (`-cFILE`,
/// `-c FILE`), and gives the last of them the rest of the word, which swift-argument-parser reads differently.
public struct CommandLineOptions: Sendable, Equatable {
    public enum Signal: String, Sendable, CaseIterable {
        case stop, quit, reopen, reload
    }

    /// `-c`
    public var configurationFile = CommandLineOptions.defaultConfigurationFile
    /// `-p`; empty is the working directory.
    public var prefix = ""
    /// `-g`
    public var globalDirectives = ""
    /// `-e`: where messages go before and unless the configuration names an error log.
    public var errorLog: String?
    /// `-t`, and with it `-T`.
    public var testsConfiguration = false
    /// `-T`
    public var dumpsConfiguration = false
    /// `-q`
    public var isQuiet = false
    /// `-v`, and with it `-V` and `-h`.
    public var showsVersion = false
    /// `-V`
    public var showsBuild = false
    /// `-h` and `-?`
    public var showsHelp = false
    /// `-s`
    public var signal: Signal?

    public static let defaultConfigurationFile = "/etc/push-stream/nginx.conf"

    /// A wrong command line, in nginx's words.
    public struct ParseError: Error, Equatable, CustomStringConvertible {
        public var description: String
    }

    public init() {}

    /// - Parameter arguments: without the program's name.
    public init(parsing arguments: [String]) throws(ParseError) {
        var rest = arguments[...]
        while let word = rest.popFirst() {
            guard word.hasPrefix("-") else { throw ParseError(description: "invalid option: \"\(word)\"") }
            try self.read(word.dropFirst(), &rest)
        }
        if !self.prefix.isEmpty, !self.prefix.hasSuffix("/") { self.prefix += "/" }
    }

    /// The file to read: a relative path starts from the prefix.
    public var configurationPath: String {
        self.configurationFile.hasPrefix("/") ? self.configurationFile : self.prefix + self.configurationFile
    }

    private mutating func read(_ letters: Substring, _ rest: inout ArraySlice<String>) throws(ParseError) {
        var letters = letters
        while let letter = letters.popFirst() {
            switch letter {
            case "?", "h": (self.showsVersion, self.showsHelp) = (true, true)
            case "v": self.showsVersion = true
            case "V": (self.showsVersion, self.showsBuild) = (true, true)
            case "t": self.testsConfiguration = true
            case "T": (self.testsConfiguration, self.dumpsConfiguration) = (true, true)
            case "q": self.isQuiet = true
            case "c": self.configurationFile = try Self.value(&letters, &rest, "option \"-c\" requires file name")
            case "p": self.prefix = try Self.value(&letters, &rest, "option \"-p\" requires directory name")
            case "e": self.errorLog = try Self.value(&letters, &rest, "option \"-e\" requires file name")
            case "g": self.globalDirectives = try Self.value(&letters, &rest, "option \"-g\" requires parameter")
            case "s":
                let name = try Self.value(&letters, &rest, "option \"-s\" requires parameter")
                guard let signal = Signal(rawValue: name) else { throw ParseError(description: "invalid option: \"-s \(name)\"") }
                self.signal = signal
            default: throw ParseError(description: "invalid option: \"\(letter)\"")
            }
        }
    }

    /// The rest of the word, else the next word.
    private static func value(
        _ letters: inout Substring,
        _ rest: inout ArraySlice<String>,
        _ complaint: String
    ) throws(ParseError) -> String {
        if !letters.isEmpty {
            defer { letters = "" }
            return String(letters)
        }
        guard let next = rest.popFirst(), !next.isEmpty else { throw ParseError(description: complaint) }
        return next
    }

    static let usage = """
        Usage: push-stream [-?hvVtTq] [-s signal] [-p prefix]
                           [-e filename] [-c filename] [-g directives]
               push-stream --health [url]

        Options:
          -?,-h         : this help
          -v            : show version and exit
          -V            : show version and how it was built, then exit
          -t            : test configuration and exit
          -T            : test configuration, dump it and exit
          -q            : suppress non-error messages during configuration testing
          -s signal     : send signal to a running push-stream: stop, quit, reopen, reload
          -p prefix     : set prefix path (default: the working directory)
          -e filename   : set error log file (default: stderr)
          -c filename   : set configuration file (default: \(defaultConfigurationFile))
          -g directives : set global directives out of configuration file
          --health url  : ask a running push-stream whether it is well, for the health check of a container
                          (default: http://localhost:9080/healthz)

        """
}

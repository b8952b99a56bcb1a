/// Where something stands in the configuration.
public struct SourceLocation: Sendable, Hashable, CustomStringConvertible {
    /// The file's path as it was opened, or `command line` for `-g`.
    public var file: String
    /// Counted from 1; nil for the command line.
    public var line: Int?

    public init(file: String, line: Int?) {
        self.file = file
        self.line = line
    }

    /// `FILE:LINE`, as Nginx appends it to its messages.
    public var description: String { self.line.map { "\(self.file):\($0)" } ?? self.file }
}

/// How severe a message about the configuration is; everything from `error` on makes the configuration unusable.
public enum DiagnosticLevel: String, Sendable {
    case notice
    case warn
    /// What the push stream module says about its own directives.
    case error
    case emerg
}

/// A message about the configuration, in Nginx's words where Nginx has such a message.
public struct Diagnostic: Sendable, Hashable, CustomStringConvertible {
    public var level: DiagnosticLevel
    public var message: String
    public var location: SourceLocation?

    public init(_ level: DiagnosticLevel, _ message: String, at location: SourceLocation?) {
        self.level = level
        self.message = message
        self.location = location
    }

    /// `[emerg] unknown directive "x" in FILE:LINE`
    public var description: String {
        "[\(self.level.rawValue)] \(self.message)" + (self.location.map { " in \($0)" } ?? "")
    }
}

/// A configuration that cannot be used.
public struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    public var diagnostic: Diagnostic

    public init(_ message: String, at location: SourceLocation?, level: DiagnosticLevel = .emerg) {
        self.diagnostic = Diagnostic(level, message, at: location)
    }

    public var description: String { self.diagnostic.description }
}

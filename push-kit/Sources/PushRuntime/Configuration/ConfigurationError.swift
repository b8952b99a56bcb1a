/// Everything that is wrong with a configuration, found in one pass.
public struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    /// One thing to mend.
    public struct Problem: Sendable, Equatable, CustomStringConvertible {
        /// The key concerned; nil when a whole file is.
        public let key: String?
        /// Where the value came from: a file's path, the name of an environment variable, `default`, `override`.
        public let source: String
        /// What was expected, in words for the person who starts the program. Never holds a secret.
        public let message: String

        public init(key: String?, source: String, message: String) {
            self.key = key
            self.source = source
            self.message = message
        }

        public var description: String {
            key.map { "\($0) (\(source)): \(message)" } ?? "\(source): \(message)"
        }
    }

    public let problems: [Problem]

    public init(_ problems: [Problem]) {
        self.problems = problems
    }

    /// One line for one problem, else a line for each.
    public var description: String {
        problems.count == 1
            ? "configuration: \(problems[0])"
            : "configuration: \(problems.count) problems\n" + problems.map { "  \($0)" }.joined(separator: "\n")
    }
}

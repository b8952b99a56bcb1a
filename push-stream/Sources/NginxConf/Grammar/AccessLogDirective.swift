/// The arguments of `access_log`.
public struct AccessLogDirective: Sendable, Hashable {
    /// nil for `off`.
    public let path: String?
    /// Name of a `log_format`.
    public let format: String
    /// Bytes that are gathered before they are written; nil writes each line at once.
    public let buffer: Int?
    /// How long a gathered line may wait, in milliseconds; nil waits until the buffer is full.
    public let flush: Int?
    /// Lines are written while this is neither empty nor `0`.
    public let condition: String?

    /// - Throws: Nginx's message for what is wrong, and for logs that this server does not write.
    public init(_ directive: Directive) throws(ConfigurationError) {
        let arguments = directive.arguments
        var (buffer, flush, condition): (Int?, Int?, String?) = (nil, nil, nil)
        if directive.text == "off" {
            guard arguments.count == 1 else { throw directive.error("invalid parameter \"\(arguments[1])\"") }
            (self.path, self.format, self.buffer, self.flush, self.condition) = (nil, "combined", nil, nil, nil)
            return
        }
        let isSyslog = try SyslogTarget(directive.text, of: directive) != nil
        if !isSyslog, ComplexValue.hasVariables(directive.text) {
            throw directive.error("invalid log path \"\(directive.text)\": a file of fixed name or a syslog server is supported")
        }
        for argument in arguments.dropFirst(2) {
            if let size = argument.withoutPrefix("buffer=") {
                guard let bytes = Units.size(size), bytes > 0 else { throw directive.error("invalid buffer size \"\(size)\"") }
                buffer = bytes
            } else if let time = argument.withoutPrefix("flush=") {
                guard let milliseconds = Units.duration(time), milliseconds > 0 else {
                    throw directive.error("invalid flush time \"\(time)\"")
                }
                flush = milliseconds
            } else if let text = argument.withoutPrefix("if=") {
                condition = text
            } else if argument == "gzip" || argument.hasPrefix("gzip=") {
                throw directive.error("parameter \"\(argument)\" is not supported: logs are written as text")
            } else {
                throw directive.error("invalid parameter \"\(argument)\"")
            }
        }
        if flush != nil, buffer == nil {
            throw directive.error("no buffer is defined for access_log \"\(directive.text)\"")
        }
        if isSyslog, buffer != nil { throw directive.error("logs to syslog cannot be buffered") }
        self.path = directive.text
        self.format = arguments.count > 1 ? arguments[1] : "combined"
        (self.buffer, self.flush, self.condition) = (buffer, flush, condition)
    }
}

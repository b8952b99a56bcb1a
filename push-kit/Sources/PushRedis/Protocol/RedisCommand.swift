public import NIOCore

/// A command: a name and arguments of any bytes.
///
/// All bytes lie in one array, so that building and encoding a command costs two allocations however many arguments it has.
public struct RedisCommand: Sendable, Hashable {
    /// The name and the arguments, one after the other.
    private(set) var bytes: [UInt8]
    /// Where in `bytes` each of them ends.
    private(set) var ends: [Int]

    public init(_ name: String, _ arguments: any RedisArgument...) {
        self.init(name, arguments: arguments)
    }

    public init(_ name: String, arguments: [any RedisArgument]) {
        bytes = Array(name.utf8)
        ends = [bytes.count]
        for argument in arguments { append(argument) }
    }

    /// Adds one argument at the end.
    public mutating func append(_ argument: some RedisArgument) {
        argument.append(to: &bytes)
        ends.append(bytes.count)
    }

    /// The command's name in upper case.
    public var name: String {
        String(decoding: bytes[..<ends[0]], as: UTF8.self).uppercased()
    }
}

/// What can stand as an argument of a command.
public protocol RedisArgument: Sendable {
    /// Adds the argument's bytes at the end of `bytes`.
    func append(to bytes: inout [UInt8])
}

extension String: RedisArgument {
    public func append(to bytes: inout [UInt8]) { bytes.append(contentsOf: utf8) }
}

extension Substring: RedisArgument {
    public func append(to bytes: inout [UInt8]) { bytes.append(contentsOf: utf8) }
}

extension Int: RedisArgument {
    public func append(to bytes: inout [UInt8]) { bytes.append(contentsOf: String(self).utf8) }
}

extension Double: RedisArgument {
    /// Infinity is written as Redis reads it, `+inf` or `-inf`.
    public func append(to bytes: inout [UInt8]) {
        let text = self == .infinity ? "+inf" : self == -.infinity ? "-inf" : String(self)
        bytes.append(contentsOf: text.utf8)
    }
}

extension [UInt8]: RedisArgument {
    public func append(to bytes: inout [UInt8]) { bytes.append(contentsOf: self) }
}

extension ByteBuffer: RedisArgument {
    public func append(to bytes: inout [UInt8]) { bytes.append(contentsOf: readableBytesView) }
}

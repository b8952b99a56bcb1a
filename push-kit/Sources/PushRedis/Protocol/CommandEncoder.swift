import CHiredis
import NIOCore

/// Writes commands as RESP2 with hiredis' formatter.
enum CommandEncoder {
    /// The largest command, in bytes: what Redis itself takes by default (`proto-max-bulk-len`). The formatter counts in 32 bits,
    /// so a bound is needed in any case.
    static let maximumCommandBytes = 512 << 20

    /// Appends `command` to `buffer`.
    static func encode(_ command: RedisCommand, into buffer: inout ByteBuffer) throws(RedisError) {
        // Each argument costs up to 24 bytes of framing besides its own.
        guard command.bytes.count + command.ends.count * 24 <= maximumCommandBytes else {
            throw RedisError(code: .invalidCommand, message: "the command is larger than \(maximumCommandBytes) bytes")
        }
        let written = command.bytes.withUnsafeBytes { bytes in
            append(bytes, ends: command.ends, to: &buffer)
        }
        guard written else { throw RedisError(code: .invalidCommand, message: "the command could not be encoded: out of memory") }
    }

    private static func append(_ bytes: UnsafeRawBufferPointer, ends: [Int], to buffer: inout ByteBuffer) -> Bool {
        var arguments: [UnsafePointer<CChar>?] = []
        var lengths: [Int] = []
        arguments.reserveCapacity(ends.count)
        lengths.reserveCapacity(ends.count)
        var start = 0
        // The formatter copies from every pointer, also for a length of zero: an empty command still needs an address.
        let placeholder: StaticString = ""
        for end in ends {
            let address = bytes.baseAddress.map { $0 + start } ?? UnsafeRawPointer(placeholder.utf8Start)
            arguments.append(address.assumingMemoryBound(to: CChar.self))
            lengths.append(end - start)
            start = end
        }
        var target: UnsafeMutablePointer<CChar>?
        let count = redisFormatCommandArgv(&target, Int32(ends.count), &arguments, lengths)
        guard count > 0, let target else { return false }
        defer { free(target) }
        buffer.writeBytes(UnsafeRawBufferPointer(start: target, count: Int(count)))
        return true
    }
}

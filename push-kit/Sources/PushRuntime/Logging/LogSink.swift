import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file descriptor that receives whole lines: lines of one process never mix, whatever threads log them.
public final class LogSink: Sendable {
    private let descriptor: Mutex<Int32>

    /// - Parameter descriptor: Stays open and belongs to the caller.
    public init(descriptor: Int32) {
        self.descriptor = Mutex(descriptor)
    }

    public static let standardOutput = LogSink(descriptor: STDOUT_FILENO)

    /// Whether a person reads along.
    public var isTerminal: Bool { descriptor.withLock { isatty($0) == 1 } }

    /// Blocks while the reader is slow, which keeps lines in order and memory bounded. A reader that has gone away
    /// costs the line: a service must outlive its log collector.
    ///
    /// - Parameter lines: One or more, whole.
    func write(_ lines: [UInt8]) {
        descriptor.withLock { descriptor in
            lines.withUnsafeBytes { bytes in
                var offset = 0
                while offset < bytes.count {
                    let written = systemWrite(descriptor, bytes.baseAddress! + offset, bytes.count - offset)
                    if written > 0 {
                        offset += written
                    } else if errno == EAGAIN {
                        var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                        _ = poll(&poller, 1, 1000)
                    } else if errno != EINTR {
                        return
                    }
                }
            }
        }
    }
}

// Inside `LogSink` the name `write` is the method.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
    write(descriptor, bytes, count)
}

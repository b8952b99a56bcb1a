import ArgumentParser

/// When a load that is measured ends.
enum LoadEnd {
    /// Nanoseconds, after nanoseconds of load that are not measured.
    case time(Int64, warmUp: Int64)
    case messages(Int)
}

/// How long a load lasts, and what its messages are.
struct LoadOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Seconds to measure; unless --messages is given.", valueName: "seconds"))
    var duration = 5.0

    @Option(help: "Messages to measure, instead of a time.")
    var messages: Int?

    @Option(help: ArgumentHelp("Seconds under load before measuring begins; none with --messages.", valueName: "seconds"))
    var warmUp = 0.5

    @Option(help: ArgumentHelp("Bytes of a message's text.", valueName: "bytes"))
    var size = 100

    func validate() throws {
        guard self.duration > 0, self.warmUp >= 0 else { throw ValidationError("--duration and --warm-up are seconds") }
        try Self.check(size: self.size)
        guard self.messages.map({ (1..<SequenceMark.limit).contains($0) }) ?? true else {
            throw ValidationError("--messages must be 1 to \(SequenceMark.limit - 1)")
        }
    }

    static func check(size: Int) throws {
        guard (SequenceMark.length...1_000_000).contains(size) else {
            throw ValidationError("--size must be \(SequenceMark.length) to 1000000")
        }
    }

    var end: LoadEnd {
        self.messages.map { .messages($0) }
            ?? .time(Clock.nanoseconds(self.duration), warmUp: Clock.nanoseconds(self.warmUp))
    }
}

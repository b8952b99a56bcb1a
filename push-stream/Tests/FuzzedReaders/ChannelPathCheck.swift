import PushStreamCore

enum ChannelPathCheck {
    static func check(_ input: [UInt8]) throws(BrokenInvariant) {
        let channels = parse(input)
        guard case .success(let channels) = channels else { return }
        try require(!channels.isEmpty, "no channel and no error")
        try require(Set(channels.map(\.name)).count == channels.count, "a channel stands twice")
        for channel in channels {
            try require(!channel.name.bytes.isEmpty, "an empty id")
            try require(channel.name.bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != 0x2F }, "a byte that no id may have")
            try require(channel.backtrack >= 0, "a negative backtrack")
            try require(Array(channel.name.description.utf8) == channel.name.bytes, "an id that is not UTF-8")
        }
        // Written out in full, the channels read back as they are.
        let written = channels.map { percentEncoded($0.name.bytes) + Array(".b\($0.backtrack)".utf8) }
        try require(parse(Array(written.joined(separator: [0x2F]))) == .success(channels), "written out, it reads differently")
    }

    private static func parse(_ bytes: [UInt8]) -> Result<[RequestedChannel], StoreError> {
        Result { () throws(StoreError) in try SubscriberPath.parse(bytes) }
    }
}

/// Every byte as `%XX`.
func percentEncoded(_ bytes: [UInt8]) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    return bytes.flatMap { [0x25, digits[Int($0 >> 4)], digits[Int($0 & 0x0F)]] }
}

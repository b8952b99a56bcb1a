/// Which channels a list shows.
struct ChannelFilter: Sendable {
    /// In lower case.
    private let search: [UInt8]
    private let principal: Principal

    /// - Parameters:
    ///   - search: A part of the id, upper and lower case of ASCII letters alike; empty for any.
    ///   - principal: Whose channels they are.
    init(search: String = "", principal: Principal) {
        self.search = search.utf8.map(Self.lowercased)
        self.principal = principal
    }

    /// Whether every channel passes.
    var isOpen: Bool { self.search.isEmpty && self.principal.mayUseAllChannels }

    /// Whether the caller sees a part of the channels only.
    var isRestricted: Bool { !self.principal.mayUseAllChannels }

    func passes(_ id: String) -> Bool {
        (self.search.isEmpty || self.finds(id)) && self.principal.mayUse(channel: id)
    }

    private func finds(_ id: String) -> Bool {
        var id = id
        return id.withUTF8 { id in
            guard id.count >= self.search.count else { return false }
            for start in 0...(id.count - self.search.count) {
                var length = 0
                while length < self.search.count, Self.lowercased(id[start + length]) == self.search[length] { length += 1 }
                if length == self.search.count { return true }
            }
            return false
        }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}

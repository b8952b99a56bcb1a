/// The names that users and tsuru give.
enum ServiceName {
    /// Letters, digits, `-`, `_`, at most.
    static let maximumInstanceLength = 200
    /// Of apps and jobs; tsuru's own limit is 40.
    static let maximumBoundLength = 80
    /// `/resources/<name>` means something else for these.
    static let reserved: Set<String> = ["instances", "plans"]

    /// Whether tsuru allows an instance of this name and pushaas can have it.
    static func isInstance(_ name: String) -> Bool { self.problem(ofInstance: name) == nil }

    /// - Returns: What is wrong with a name for a new instance, in a sentence; `nil` if nothing is.
    static func problem(ofInstance name: String) -> String? {
        guard !self.reserved.contains(name) else {
            return "'\(name)' cannot be the name of an instance: pushaas uses it itself; choose another name"
        }
        guard name.utf8.count <= self.maximumInstanceLength else {
            return "the name has \(name.utf8.count) characters: choose one of at most \(self.maximumInstanceLength)"
        }
        let isFormed =
            name.utf8.count >= 2 && name.utf8.first.map(self.isLetter) == true
            && name.utf8.dropFirst().allSatisfy { self.isLetter($0) || self.isDigit($0) || $0 == 0x2D || $0 == 0x5F }
        guard isFormed else {
            return "the name must begin with a letter, go on with letters, digits, '-' and '_', and have at least two characters"
        }
        return nil
    }

    /// Whether an app or a job can have this name. tsuru allows less: `^[a-z][a-z0-9-]{0,39}$`.
    static func isBound(_ name: String) -> Bool {
        guard (1...self.maximumBoundLength).contains(name.utf8.count), let first = name.utf8.first else { return false }
        return (self.isLetter(first) || self.isDigit(first))
            && name.utf8.allSatisfy {
                self.isLetter($0) || self.isDigit($0) || $0 == 0x2D || $0 == 0x5F || $0 == 0x2E
            }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

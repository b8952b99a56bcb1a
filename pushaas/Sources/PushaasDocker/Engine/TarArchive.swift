/// A small tar archive (POSIX ustar) of the files that are brought into a container.
struct TarArchive {
    struct File: Sendable, Hashable {
        /// Relative to the folder that the archive is unpacked in; 100 bytes at most.
        var path: String
        var content: [UInt8]

        init(path: String, text: String) {
            self.path = path
            self.content = Array(text.utf8)
        }
    }

    private static let blockSize = 512
    private(set) var bytes: [UInt8] = []

    /// - Parameter folders: Made where they are missing, before the files. Those that exist get the mode 0755 and root as their owner.
    init(folders: [String], files: [File]) {
        for folder in folders { self.append(path: folder + "/", type: "5", mode: 0o755, content: []) }
        // Readable for whatever user the image runs its program as: nobody else is in there.
        for file in files { self.append(path: file.path, type: "0", mode: 0o444, content: file.content) }
        self.bytes.append(contentsOf: repeatElement(0, count: 2 * Self.blockSize))
    }

    private mutating func append(path: String, type: Character, mode: Int, content: [UInt8]) {
        precondition(path.utf8.count <= 100, "a longer name needs another field of the head")
        var head = [UInt8](repeating: 0, count: Self.blockSize)
        func put(_ text: String, at offset: Int) {
            head.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        func octal(_ number: Int, digits: Int) -> String {
            let text = String(number, radix: 8)
            return String(repeating: "0", count: digits - text.count) + text
        }
        put(path, at: 0)
        put(octal(mode, digits: 7), at: 100)
        put(octal(0, digits: 7), at: 108)
        put(octal(0, digits: 7), at: 116)
        put(octal(content.count, digits: 11), at: 124)
        put(octal(0, digits: 11), at: 136)
        // The sum is made as if its own field held spaces.
        put("        ", at: 148)
        put(String(type), at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        put("root", at: 265)
        put("root", at: 297)
        put(octal(head.reduce(0) { $0 + Int($1) }, digits: 6) + "\0 ", at: 148)
        self.bytes += head + content
        let rest = content.count % Self.blockSize
        if rest > 0 { self.bytes.append(contentsOf: repeatElement(0, count: Self.blockSize - rest)) }
    }
}

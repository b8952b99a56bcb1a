import Testing

@testable import PushStreamCore

@Suite struct ByteRangesTests {
    private func ranges(_ field: String, length: Int = 20, limit: Int = .max) -> ByteRanges {
        ByteRanges(Array(field.utf8), length: length, limit: limit)
    }

    @Test(arguments: [
        ("bytes=2-5", 2..<6), ("bytes=18-", 18..<20), ("bytes=-3", 17..<20), ("bytes=-30", 0..<20), ("bytes=0-0", 0..<1),
        ("BYTES= 2 - 5 ", 2..<6), ("bytes=15-99", 15..<20),
    ])
    func `one range`(field: String, expected: Range<Int>) {
        #expect(self.ranges(field) == .some([expected]))
    }

    @Test func `several ranges`() {
        #expect(self.ranges("bytes=0-1, 4-5,-2") == .some([0..<2, 4..<6, 18..<20]))
        #expect(self.ranges("bytes=0-1,30-40") == .some([0..<2]))
    }

    @Test(arguments: [
        "bytes=20-", "bytes=30-40", "bytes=x", "bytes=5-2", "bytes=", "bytes=1", "bytes=--1", "bytes=1-2-3", "bytes=0-1,",
        "bytes=-0",
        "bytes=99999999999999999999-", "bytes=-",
    ])
    func `nothing that the file has`(field: String) {
        // A field of the unit alone asks for nothing, as in Nginx.
        #expect(self.ranges(field) == (field == "bytes=" ? .all : .unsatisfiable))
    }

    @Test func `the whole file where ranges cost more than they save`() {
        #expect(self.ranges("bytes=0-15,0-15") == .all)
        #expect(self.ranges("bytes=0-1,3-4,6-7", limit: 2) == .all)
        #expect(self.ranges("lines=1-2") == .all)
        #expect(self.ranges("bytes=0-0", length: 0) == .all)
    }
}

@Suite struct FilePreconditionTests {
    private static let modified = 1_767_323_045
    private static let tag = "\"695735a5-14\""
    private static let date = "Fri, 02 Jan 2026 03:04:05 GMT"
    private static let later = "Fri, 02 Jan 2026 03:04:06 GMT"
    private static let earlier = "Fri, 02 Jan 2026 03:04:04 GMT"

    private func check(_ fields: String, rule: ModifiedSinceRule = .exact, tag: String? = Self.tag) throws -> FilePrecondition {
        FilePrecondition(try Self.head(fields), modified: Self.modified, tag: tag, rule: rule)
    }

    private static func head(_ fields: String) throws -> RequestHead {
        var reader = RequestHeadReader(limits: .init())
        let text = "GET / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n"
        let outcome = Array(text.utf8).withUnsafeBytes { reader.read($0).outcome }
        guard case .head(let head) = outcome else { throw HTTPFailure.badRequest }
        return head
    }

    @Test func `a current copy is not sent again`() throws {
        #expect(try self.check("") == .send)
        #expect(try self.check("If-Modified-Since: \(Self.date)\r\n") == .notModified)
        #expect(try self.check("If-Modified-Since: \(Self.later)\r\n") == .send)
        #expect(try self.check("If-Modified-Since: \(Self.later)\r\n", rule: .before) == .notModified)
        #expect(try self.check("If-Modified-Since: \(Self.earlier)\r\n", rule: .before) == .send)
        #expect(try self.check("If-Modified-Since: \(Self.date)\r\n", rule: .off) == .send)
        #expect(try self.check("If-Modified-Since: nonsense\r\n") == .send)
        for tags in [Self.tag, "W/\(Self.tag)", "\"a\", \(Self.tag)", "*"] {
            #expect(try self.check("If-None-Match: \(tags)\r\n") == .notModified, "\(tags)")
        }
        #expect(try self.check("If-None-Match: \"a\"\r\n") == .send)
        #expect(try self.check("If-None-Match: \(Self.tag)\r\n", tag: nil) == .send)
        #expect(try self.check("If-None-Match: \(Self.tag)\r\nIf-Modified-Since: \(Self.later)\r\n") == .send)
    }

    @Test func `a condition that must hold`() throws {
        #expect(try self.check("If-Unmodified-Since: \(Self.date)\r\n") == .send)
        #expect(try self.check("If-Unmodified-Since: \(Self.earlier)\r\n") == .failed)
        #expect(try self.check("If-Match: \(Self.tag)\r\n") == .send)
        #expect(try self.check("If-Match: W/\(Self.tag)\r\n") == .failed)
        #expect(try self.check("If-Match: \"a\"\r\n") == .failed)
    }

    @Test func `a range of a copy that is not current`() throws {
        func allows(_ field: String) throws -> Bool {
            FilePrecondition.allowsRange(
                try Self.head("If-Range: \(field)\r\n"), modified: Self.modified, tag: Self.tag)
        }
        for field in [Self.tag, Self.date] { #expect(try allows(field), "\(field)") }
        for field in ["\"a\"", Self.later, "x"] { #expect(try !allows(field), "\(field)") }
    }
}

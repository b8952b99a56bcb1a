import Foundation
import PushTestSupport
import Testing

@testable import PushService

@Suite struct DataDirectoryTests {
    @Test func isReadableByItsOwnerOnly() throws {
        let temporary = try TemporaryDirectory()
        let directory = try DataDirectory(path: "\(temporary.path)/a/b")
        let attributes = try FileManager.default.attributesOfItem(atPath: directory.path)
        #expect(attributes[.posixPermissions] as? Int == 0o700)
    }

    @Test func keepsItsPassword() throws {
        let temporary = try TemporaryDirectory()
        var passwords: [String] = []
        for _ in 0..<2 {
            let directory = try DataDirectory(path: temporary.path)
            passwords.append(try directory.password())
            let attributes = try FileManager.default.attributesOfItem(atPath: directory.passwordFile)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
        #expect(passwords[0] == passwords[1])
        #expect(passwords[0].count == 22)
    }

    @Test func makesAnotherPasswordForEachDirectory() throws {
        let first = try TemporaryDirectory()
        let second = try TemporaryDirectory()
        #expect(try DataDirectory(path: first.path).password() != DataDirectory(path: second.path).password())
    }

    @Test func isUsedByOneAtATime() throws {
        let temporary = try TemporaryDirectory()
        do {
            let first = try DataDirectory(path: temporary.path)
            #expect(throws: DataDirectory.Failure.inUse(path: temporary.path)) {
                _ = try DataDirectory(path: temporary.path)
            }
            withExtendedLifetime(first) {}
        }
        _ = try DataDirectory(path: temporary.path)
    }

    @Test func saysWhyItCannotBeMade() throws {
        let temporary = try TemporaryDirectory()
        let file = "\(temporary.path)/file"
        try Data().write(to: URL(fileURLWithPath: file))
        let failure = #expect(throws: DataDirectory.Failure.self) { _ = try DataDirectory(path: "\(file)/below") }
        #expect(failure?.description.contains("cannot create the data directory \(file)/below") == true)
        #expect(failure?.description.contains("--data-dir") == true)
    }

    @Test func putsSocketsElsewhereWhenItsPathIsTooLongForThem() throws {
        let temporary = try TemporaryDirectory()
        let long = temporary.path + "/" + String(repeating: "x", count: 100)
        let folder: String
        do {
            let directory = try DataDirectory(path: long)
            #expect(directory.redisSocket.utf8.count < 108)
            folder = directory.socketFolder
            #expect(FileManager.default.fileExists(atPath: folder))
        }
        #expect(!FileManager.default.fileExists(atPath: folder))
    }
}

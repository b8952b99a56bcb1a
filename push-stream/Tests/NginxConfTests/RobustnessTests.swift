import Foundation
import Testing

@testable import NginxConf

/// Whatever the file holds, the reader ends with a configuration or one error.
@Suite struct RobustnessTests {
    static func shipped() throws -> [UInt8] {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        return Array(try Data(contentsOf: package.appending(path: "nginx.conf")))
    }

    private func read(_ bytes: [UInt8]) -> String? {
        let files = ConfigurationFiles(
            read: { path throws(ConfigurationFiles.FileError) in
                guard path == "/t.conf" else { throw .init(call: "open", code: 2) }
                return bytes
            },
            glob: { _ in [] })
        do {
            _ = try Parser.parse(path: "/t.conf", files: files)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test func `no beginning of the shipped file crashes, and each that ends early is an error with a line`() throws {
        let bytes = try Self.shipped()
        #expect(self.read(bytes) == nil)
        let end = try #require(bytes.lastIndex(of: UInt8(ascii: "}")))
        for count in stride(from: 0, to: end, by: 7) {
            let message = try #require(self.read(Array(bytes[..<count])))
            #expect(message.contains("in /t.conf:") || message.contains("no \"events\" section"))
        }
    }

    @Test func `no mutation of the shipped file crashes`() throws {
        let bytes = try Self.shipped()
        let interesting = Array(";{}\"'\\#$ \n\t\r()~*=@\0\u{7f}9".utf8) + [0x80, 0xff]
        // A fixed seed: a failure must come again.
        var random = SplitMix(state: 42)
        for _ in 0..<1500 {
            var mutated = bytes
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let index = Int.random(in: 0..<mutated.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: mutated[index] = interesting[Int.random(in: 0..<interesting.count, using: &random)]
                case 1: mutated[index] = UInt8.random(in: 0...255, using: &random)
                case 2: mutated.remove(at: index)
                default: mutated.insert(interesting[Int.random(in: 0..<interesting.count, using: &random)], at: index)
                }
            }
            if let message = self.read(mutated) { #expect(message.hasPrefix("[")) }
        }
    }
}

/// A small generator with a seed.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var z = self.state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

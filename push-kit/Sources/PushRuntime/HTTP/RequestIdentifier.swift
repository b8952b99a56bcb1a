import Synchronization

/// Makes ids of requests: 32 hexadecimal digits that no other request of this or another process has.
///
/// They need not be hard to guess, and asking the system for random numbers is a system call each time: half of an id is drawn once, the
/// other half is a counter that is mixed so that ids do not look alike.
enum RequestIdentifier {
    private static let process = UInt64.random(in: .min ... .max)
    private static let start = UInt64.random(in: .min ... .max)
    private static let count = Atomic<UInt64>(0)

    static func make() -> String {
        let number = count.wrappingAdd(1, ordering: .relaxed).newValue
        let low = mixed(start &+ number)
        return String(unsafeUninitializedCapacity: 32) { digits in
            write(process, to: digits, at: 0)
            write(low, to: digits, at: 16)
            return 32
        }
    }

    /// Different for different numbers: each step can be undone.
    private static func mixed(_ number: UInt64) -> UInt64 {
        var mixed = number
        for factor: UInt64 in [0x9E37_79B9_7F4A_7C15, 0xD6E8_FEB8_6659_FD93] {
            mixed = (mixed ^ (mixed >> 32)) &* factor
        }
        return mixed ^ (mixed >> 32)
    }

    private static func write(_ number: UInt64, to digits: UnsafeMutableBufferPointer<UInt8>, at position: Int) {
        for index in 0..<16 {
            let digit = UInt8(truncatingIfNeeded: number >> UInt64(60 - 4 * index)) & 15
            digits[position + index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
        }
    }

    /// Whether a caller's own id can be taken.
    static func isSane(_ id: String) -> Bool {
        (1...128).contains(id.utf8.count)
            && id.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "-_.:=+/".utf8.contains(byte)
                }
            }
    }
}

import FuzzedReaders
import Glibc

/// libFuzzer's entry point; `FUZZ_READER` says for which reader. Built and run by scripts/fuzz.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do throws(BrokenInvariant) {
        try reader.check(Array(UnsafeBufferPointer(start: bytes, count: count)))
    } catch {
        fatalError("\(error)")
    }
    return 0
}

private let reader: FuzzedReader = {
    guard let name = getenv("FUZZ_READER").map({ String(cString: $0) }), let reader = FuzzedReader(rawValue: name) else {
        fatalError("FUZZ_READER must be one of \(FuzzedReader.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return reader
}()

/// The query of a request, read strictly: what a client means by a broken or repeated parameter is not guessed.
struct QueryParameters: Sendable {
    /// Why a parameter cannot be used. The description is a sentence for the caller.
    struct Invalid: Error, Equatable, CustomStringConvertible {
        let description: String
    }

    private var values: [String: String] = [:]

    /// - Parameters:
    ///   - query: What follows the `?`, in the encoding of forms (`&`, `=`, `+`, `%20`).
    ///   - names: The parameters that the endpoint knows. Others are ignored.
    init(_ query: String?, names: Set<String>) throws(Invalid) {
        for parameter in (query ?? "").split(separator: "&") {
            let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(parts[0]), names.contains(name) else { continue }
            guard let value = parts.count > 1 ? Self.decode(parts[1]) : "" else {
                throw Invalid(description: "'\(name)' is not percent-encoded UTF-8")
            }
            guard self.values.updateValue(value, forKey: name) == nil else {
                throw Invalid(description: "'\(name)' is given twice")
            }
        }
    }

    var isEmpty: Bool { self.values.isEmpty }

    subscript(_ name: String) -> String? { self.values[name] }

    /// - Throws: ``Invalid`` for what is not a decimal number, and for one out of range.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(Invalid) -> Int? {
        guard let text = self.values[name] else { return nil }
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let value = Int(text),
            range.contains(value)
        else {
            throw Invalid(description: "'\(name)' must be an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    private static func decode(_ text: Substring) -> String? {
        PercentDecoding.decode(String(text).replacing("+", with: " "))
    }
}

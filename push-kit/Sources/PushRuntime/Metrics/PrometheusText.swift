/// Pieces of the text exposition format, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/).
enum PrometheusText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    static func appendSample(_ name: String, _ labels: String, _ value: String, _ text: inout String) {
        text += name
        if !labels.isEmpty {
            text += "{"
            text += labels
            text += "}"
        }
        text += " "
        text += value
        text += "\n"
    }

    static func appendHeader(_ name: String, type: String, help: String, _ text: inout String) {
        text += "# HELP \(name) \(help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n"))\n# TYPE \(name) \(type)\n"
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return "\(value)"
    }

    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`; anything else, such as the dots that swift-metrics labels often have, becomes `_`.
    static func metricName(_ name: String) -> String { sanitized(name, allowColon: true) }

    /// Sorted, escaped, each name once: equal sets give equal text, which makes it the key of a series.
    static func labels(_ dimensions: [(String, String)], reserved: String?) -> String {
        var seen: Set<String> = []
        return dimensions.compactMap { name, value -> (String, String)? in
            var name = sanitized(name, allowColon: false)
            if name == reserved { name = "exported_\(name)" }
            return seen.insert(name).inserted ? (name, value) : nil
        }
        .sorted { $0.0 < $1.0 }
        .map { "\($0)=\"\(escaped($1))\"" }
        .joined(separator: ",")
    }

    private static func escaped(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else { return value }
        return value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }

    private static func sanitized(_ name: String, allowColon: Bool) -> String {
        var result = ""
        for scalar in name.unicodeScalars {
            let isLetter = ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
            let isDigit = ("0"..."9").contains(scalar)
            if isDigit, result.isEmpty { result = "_" }
            result.unicodeScalars.append(isLetter || isDigit || (allowColon && scalar == ":") ? scalar : "_")
        }
        return result.isEmpty ? "_" : result
    }
}

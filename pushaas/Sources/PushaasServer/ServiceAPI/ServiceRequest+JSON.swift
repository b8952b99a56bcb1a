import FoundationEssentials

extension ServiceRequest {
    /// - Parameter json: An object, as a service gets it that is registered with `encoding: json`. `null` is as good as no field.
    init(json: [UInt8]) throws(InvalidServiceRequest) {
        // The decoder would guess UTF-16 and UTF-32 from zero bytes; JSON between systems is UTF-8 (RFC 8259, section 8.1).
        guard !json.contains(0), String(validating: json, as: UTF8.self) != nil else {
            throw .malformed("the request body is not valid UTF-8: send JSON encoded in UTF-8")
        }
        let fields: [String: Value]
        do {
            fields = try JSONDecoder().decode([String: Value].self, from: Data(json))
        } catch {
            throw .malformed("the request body is not a JSON object")
        }
        for text in Self.texts {
            switch fields[text.json] {
            case nil, .null: break
            case .text(let value): self[keyPath: text.path] = value
            case .list, .other: throw .malformed("the field '\(text.json)' must be a string")
            }
        }
        for list in Self.lists {
            switch fields[list.json] {
            case nil, .null: break
            case .list(let values): self[keyPath: list.path] = values
            case .text, .other: throw .malformed("the field '\(list.json)' must be a list of strings")
            }
        }
    }

    /// As much of a field's value as is looked at.
    private enum Value: Decodable {
        case null
        case text(String)
        case list([String])
        case other

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if value.decodeNil() {
                self = .null
            } else if let text = try? value.decode(String.self) {
                self = .text(text)
            } else if let list = try? value.decode([String].self) {
                self = .list(list)
            } else {
                self = .other
            }
        }
    }
}

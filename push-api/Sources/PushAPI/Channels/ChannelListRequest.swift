import Hummingbird

/// The query of `GET /api/v1/channels`, checked: which page of the list, and of which channels.
struct ChannelListRequest: Equatable, Sendable {
    enum Order: String, Sendable {
        case oldest, newest
    }

    static let maximumLimit = 1_000
    static let defaultLimit = 100
    /// Bytes of a search at most: no id is longer than 200.
    static let maximumSearchLength = 200

    /// Channels on the page at most.
    var limit = Self.defaultLimit
    /// The last channel that was looked at for the page before.
    var cursor: ChannelCursor?
    /// A part of the ids; empty for all channels.
    var search = ""
    var order = Order.oldest

    private static let names: Set<String> = ["limit", "cursor", "search", "order"]

    /// - Parameter readCursor: Reads a cursor's text; `nil` for one that is none.
    /// - Returns: `nil` without any of its parameters: the whole list is asked for, as clients did before there were pages.
    static func from(
        query: String?, cursor readCursor: (String) -> ChannelCursor? = { ChannelCursor($0) }
    ) throws(QueryParameters.Invalid) -> ChannelListRequest? {
        let parameters = try QueryParameters(query, names: Self.names)
        guard !parameters.isEmpty else { return nil }
        var request = ChannelListRequest()
        request.limit = try parameters.integer("limit", in: 1...Self.maximumLimit) ?? Self.defaultLimit
        if let text = parameters["cursor"] {
            guard let cursor = readCursor(text) else {
                throw .init(description: "'cursor' is none that a page of this list gave: leave it out for the first page")
            }
            request.cursor = cursor
        }
        request.search = parameters["search"] ?? ""
        guard request.search.utf8.count <= Self.maximumSearchLength else {
            throw .init(description: "'search' has at most \(Self.maximumSearchLength) bytes")
        }
        if let text = parameters["order"] {
            guard let order = Order(rawValue: text) else {
                throw .init(description: "'order' must be 'oldest' or 'newest'")
            }
            request.order = order
        }
        return request
    }
}

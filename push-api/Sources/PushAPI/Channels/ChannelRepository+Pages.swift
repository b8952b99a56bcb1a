import PushModels

/// A part of the channel list.
struct ChannelPage: Sendable {
    var channels: [ChannelRecord] = []
    /// Where the next page begins; `nil` after the last one.
    var next: ChannelCursor?
    /// Channels of the index, whatever was searched for.
    var total = 0
}

extension ChannelRepository {
    /// Entries of the index that one page looks at, at most: a search that finds little ends there and can be continued.
    static let maximumLooked = 5_000

    /// Entries that a search looks at in one step: enough of them to be quick, and few enough to stop early.
    private static let step = 1_000

    /// The channels that follow the request's cursor and pass the filter. Ids whose record has expired leave the index on the way.
    ///
    /// What it costs depends on the limit, and for a search on ``maximumLooked``, not on how many channels there are.
    func page(_ request: ChannelListRequest, filter: ChannelFilter) async throws -> ChannelPage {
        let index = ChannelIndex(redis: self.redis)
        var page = ChannelPage(next: request.cursor)
        var looked = 0
        repeat {
            // Without a filter, no more than there is room for.
            let count = min(Self.maximumLooked - looked, filter.isOpen ? request.limit - page.channels.count : Self.step)
            let slice = try await index.entries(after: page.next, order: request.order, count: count)
            looked += slice.entries.count
            page.total = slice.total
            let matches = slice.entries.indices.filter { filter.passes(slice.entries[$0].id) }
            // Where the page ends if the limit is not reached in this slice.
            page.next = slice.remaining > 0 ? slice.entries.last : nil
            var taken = 0
            while taken < matches.count {
                let chunk = matches[taken..<min(taken + request.limit - page.channels.count, taken + Self.chunk, matches.count)]
                page.channels += try await self.records(of: chunk.map { slice.entries[$0].id }[...]).live
                taken += chunk.count
                guard page.channels.count == request.limit, let last = chunk.last else { continue }
                if last < slice.entries.count - 1 { page.next = slice.entries[last] }
                return page
            }
        } while page.next != nil && looked < Self.maximumLooked
        return page
    }
}

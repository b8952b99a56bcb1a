import NIOCore

/// The places of the entries that were read and are not yet behind the position, so that a position can be stored with its place.
///
/// An entry's place is its number among all that the stream has ever had; the first is 1.
struct PlaceLog: Sendable {
    private struct Batch {
        /// Ascending, not empty, without a gap between.
        var ids: [StreamID]
        var lastPlace: Int
    }

    private var batches = CircularBuffer<Batch>()

    /// - Parameter lastPlace: `nil` if the places of these entries are not known.
    mutating func read(_ ids: [StreamID], lastPlace: Int?) {
        guard let first = ids.first else { return }
        // The ids went back: another stream.
        if let last = self.batches.last?.ids.last, first <= last { self.batches.removeAll() }
        if let lastPlace { self.batches.append(Batch(ids: ids, lastPlace: lastPlace)) }
    }

    /// - Returns: `nil` if it is not known. What lies before `id` is forgotten.
    mutating func place(of id: StreamID) -> Int? {
        while let last = self.batches.first?.ids.last, last < id { self.batches.removeFirst() }
        guard let batch = self.batches.first, let index = batch.ids.firstIndex(of: id) else { return nil }
        return batch.lastPlace - (batch.ids.count - 1 - index)
    }
}

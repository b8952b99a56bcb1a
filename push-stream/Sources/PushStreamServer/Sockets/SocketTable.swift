/// The sockets of one event loop that have left NIO. A token names one life of a place, so that an event which comes after its socket
/// was closed reaches nobody else.
struct SocketTable {
    private var places: [(socket: LoopSocket?, life: UInt32)] = []
    private var free: [UInt32] = []
    private(set) var count = 0

    mutating func insert(_ socket: LoopSocket) -> UInt64 {
        count += 1
        guard let place = free.popLast() else {
            places.append((socket, 0))
            return UInt64(places.count - 1)
        }
        places[Int(place)].socket = socket
        return UInt64(places[Int(place)].life) << 32 | UInt64(place)
    }

    mutating func remove(_ token: UInt64) {
        guard self[token] != nil else { return }
        let place = Int(token & 0xFFFF_FFFF)
        places[place] = (nil, places[place].life &+ 1)
        free.append(UInt32(place))
        count -= 1
    }

    subscript(token: UInt64) -> LoopSocket? {
        let place = Int(token & 0xFFFF_FFFF)
        guard place < places.count, places[place].life == UInt32(token >> 32) else { return nil }
        return places[place].socket
    }

    var all: [LoopSocket] { places.compactMap(\.socket) }
}

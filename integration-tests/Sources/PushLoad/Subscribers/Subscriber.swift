/// One subscriber: what is kept for each of many thousands.
struct Subscriber {
    enum Phase: UInt8 {
        case idle
        /// The request goes out as soon as the connection stands.
        case connecting
        /// The request is sent, the head of the response is not whole yet.
        case waiting
        case subscribed
    }

    var fd: Int32 = -1
    var phase = Phase.idle
    /// How many bytes `carry` holds.
    var carried: UInt8 = 0
    /// The sequence number of the message that must come next.
    var expected: Int = 0
    /// The beginning of a sequence mark whose rest has not arrived: shorter than the mark.
    var carry: (UInt64, UInt64) = (0, 0)
}

import Testing

@testable import PushAgent

@Suite("Delivery pipeline") struct DeliveryPipelineTests {
    private static func entry(_ number: UInt64, _ channel: String) -> DeliveryEntry {
        let id = StreamID(milliseconds: number, sequence: 0)
        return DeliveryEntry(id: id, requests: [PublishRequest(channel: channel, content: .message("m\(number)", eventID: id))])
    }

    /// Entries 1, 2, ... on these channels, connected.
    private static func pipeline(_ channels: String..., limits: DeliveryPipeline.Limits = .init()) -> DeliveryPipeline {
        var pipeline = DeliveryPipeline(limits: limits)
        pipeline.connected(storeIsNew: false, replaying: false)
        pipeline.enqueue(channels.enumerated().map { Self.entry(UInt64($0.offset + 1), $0.element) })
        return pipeline
    }

    private func sent(_ next: DeliveryPipeline.Next) -> [String] {
        guard case .send(let requests) = next else { return ["\(next)"] }
        return requests.map {
            guard case .message(let text, _) = $0.content else { return "ensure \($0.channel)" }
            return text
        }
    }

    private func answer(_ pipeline: inout DeliveryPipeline, _ statuses: Int...) -> [DeliveryPipeline.Answer] {
        statuses.map { pipeline.answered(status: $0).answer }
    }

    private func id(_ number: UInt64) -> StreamID { StreamID(milliseconds: number, sequence: 0) }

    @Test("Nothing is sent without a connection") func disconnected() {
        var pipeline = DeliveryPipeline()
        pipeline.enqueue([Self.entry(1, "a")])
        #expect(pipeline.next() == .suspend)
        pipeline.connected(storeIsNew: false, replaying: false)
        #expect(self.sent(pipeline.next()) == ["m1"])
    }

    @Test("The position is due when the batch is answered, and once") func position() {
        var pipeline = Self.pipeline("a", "b")
        #expect(self.sent(pipeline.next()) == ["m1", "m2"])
        #expect(pipeline.next() == .suspend)
        #expect(self.answer(&pipeline, 200) == [.delivered])
        #expect(pipeline.position.current == self.id(1))
        #expect(pipeline.takePositionToSave() == nil)
        #expect(self.answer(&pipeline, 200) == [.delivered])
        #expect(pipeline.takePositionToSave() == self.id(2))
        #expect(pipeline.takePositionToSave() == nil)
        pipeline.positionWasNotSaved()
        #expect(pipeline.takePositionToSave() == self.id(2))
    }

    @Test("A lost connection sends the unanswered again, and stores what was answered") func lost() {
        var pipeline = Self.pipeline("a", "b", "a")
        _ = pipeline.next()
        _ = self.answer(&pipeline, 200)
        pipeline.disconnected()
        #expect(pipeline.takePositionToSave() == self.id(1))
        #expect(pipeline.answered(status: 200).answer == .unexpected)
        pipeline.connected(storeIsNew: false, replaying: false)
        #expect(self.sent(pipeline.next()) == ["m2", "m3"])
    }

    @Test("A retry takes later messages of its channel along, and no others") func retry() {
        var pipeline = Self.pipeline("a", "b", "a", "b")
        _ = pipeline.next()
        #expect(self.answer(&pipeline, 503) == [.retry])
        pipeline.enqueue([Self.entry(5, "c")])
        #expect(pipeline.next() == .suspend, "nothing new while answers are awaited")
        #expect(self.answer(&pipeline, 200, 200, 200) == [.delivered, .deliveredOutOfOrder, .delivered])
        #expect(pipeline.position.current == nil)
        #expect(pipeline.next() == .backOff(attempt: 1))
        pipeline.backOffElapsed()
        #expect(self.sent(pipeline.next()) == ["m1", "m3", "m5"])
        #expect(self.answer(&pipeline, 200, 200, 200) == [.delivered, .delivered, .delivered])
        #expect(pipeline.takePositionToSave() == self.id(5))
    }

    @Test("The position never passes a message that is wanted again") func neverPast() {
        var pipeline = Self.pipeline("a", "b", "c")
        _ = pipeline.next()
        _ = self.answer(&pipeline, 200, 503, 200)
        #expect(pipeline.takePositionToSave() == self.id(1))
        pipeline.backOffElapsed()
        #expect(self.sent(pipeline.next()) == ["m2"])
        _ = self.answer(&pipeline, 200)
        #expect(pipeline.takePositionToSave() == self.id(3))
    }

    @Test("Back-off grows without success") func backOff() {
        var pipeline = Self.pipeline("a")
        for attempt in 1...4 {
            _ = pipeline.next()
            #expect(self.answer(&pipeline, 503) == [.retry])
            #expect(pipeline.next() == .backOff(attempt: attempt))
            pipeline.backOffElapsed()
        }
        _ = pipeline.next()
        #expect(self.answer(&pipeline, 200) == [.delivered])
        pipeline.enqueue([Self.entry(2, "a")])
        _ = pipeline.next()
        _ = self.answer(&pipeline, 503)
        #expect(pipeline.next() == .backOff(attempt: 1))
    }

    @Test("502, 503 and 504 are retried for ever, 500 as often as allowed", arguments: [502, 503, 504])
    func forever(status: Int) {
        var pipeline = Self.pipeline("a")
        for _ in 0..<100 {
            _ = pipeline.next()
            #expect(self.answer(&pipeline, status) == [.retry])
            pipeline.backOffElapsed()
        }
        for _ in 0..<pipeline.limits.failureRetries {
            _ = pipeline.next()
            #expect(self.answer(&pipeline, 500) == [.retry])
            pipeline.backOffElapsed()
        }
        _ = pipeline.next()
        #expect(self.answer(&pipeline, 500) == [.refused])
        #expect(pipeline.takePositionToSave() == self.id(1))
    }

    @Test("A failure backs off longer each time although other channels succeed") func failureBackOff() {
        var pipeline = Self.pipeline("a", "b")
        for attempt in 1...3 {
            _ = pipeline.next()
            _ = self.answer(&pipeline, 500)
            if attempt == 1 { _ = self.answer(&pipeline, 200) }
            #expect(pipeline.next() == .backOff(attempt: attempt))
            pipeline.backOffElapsed()
        }
    }

    @Test("A connection that ends over a failure does not end the back-off", arguments: [500, 503])
    func backOffAcrossConnections(status: Int) {
        var pipeline = Self.pipeline("a", "b", "a")
        for attempt in 1...4 {
            #expect(self.sent(pipeline.next()) == ["m1", "m2", "m3"])
            #expect(self.answer(&pipeline, status) == [.retry])
            pipeline.disconnected()
            #expect(pipeline.next() == .suspend)
            pipeline.connected(storeIsNew: false, replaying: false)
            #expect(pipeline.next() == .backOff(attempt: attempt))
            // Nor does the end of a connection that is backing off.
            pipeline.disconnected()
            pipeline.connected(storeIsNew: false, replaying: false)
            #expect(pipeline.next() == .backOff(attempt: attempt))
            pipeline.backOffElapsed()
        }
        #expect(self.sent(pipeline.next()) == ["m1", "m2", "m3"])
        #expect(self.answer(&pipeline, 200, 200, 200) == [.delivered, .delivered, .delivered])
        pipeline.disconnected()
        pipeline.connected(storeIsNew: false, replaying: false)
        #expect(pipeline.next() == .suspend)
    }

    @Test("Other statuses refuse", arguments: [301, 400, 401, 403, 404, 411, 413, 415]) func refused(status: Int) {
        var pipeline = Self.pipeline("a", "a")
        _ = pipeline.next()
        #expect(self.answer(&pipeline, status, 200) == [.refused, .delivered])
        #expect(pipeline.takePositionToSave() == self.id(2))
    }

    @Test("Flight is bounded in requests and bytes, but one request always goes") func limits() {
        var limits = DeliveryPipeline.Limits()
        limits.inFlightRequests = 2
        var pipeline = Self.pipeline("a", "b", "c", limits: limits)
        #expect(self.sent(pipeline.next()) == ["m1", "m2"])
        #expect(pipeline.next() == .suspend)
        _ = self.answer(&pipeline, 200)
        #expect(self.sent(pipeline.next()) == ["m3"])

        limits = DeliveryPipeline.Limits()
        limits.inFlightBytes = 1
        pipeline = Self.pipeline("a", "b", limits: limits)
        #expect(self.sent(pipeline.next()) == ["m1"])
        #expect(pipeline.next() == .suspend)
    }

    @Test("A batch is taken while one is in flight, and no third") func readAhead() {
        var limits = DeliveryPipeline.Limits()
        limits.readAheadRequests = 2
        var pipeline = Self.pipeline("a", limits: limits)
        #expect(pipeline.hasCapacity(.live))
        pipeline.enqueue([Self.entry(2, "a"), Self.entry(3, "a")])
        #expect(!pipeline.hasCapacity(.live))
        _ = pipeline.next()
        _ = self.answer(&pipeline, 200, 200)
        #expect(pipeline.hasCapacity(.live))
    }

    @Test("A replay goes first; the position stays; the live lane is sent again whole") func replay() {
        var pipeline = Self.pipeline("a", "b", "a")
        pipeline.load(position: StreamID(milliseconds: 0, sequence: 9))
        _ = pipeline.next()
        // m2 is on the old store only: it waits behind m1.
        _ = self.answer(&pipeline, 503, 200)
        pipeline.disconnected()
        pipeline.connected(storeIsNew: true, replaying: true)
        #expect(pipeline.next() == .backOff(attempt: 1))
        pipeline.backOffElapsed()
        #expect(pipeline.next() == .suspend)
        let old = StreamID(milliseconds: 0, sequence: 8)
        pipeline.enqueueReplay([
            DeliveryEntry(id: old, requests: [PublishRequest(channel: "a", content: .message("old", eventID: old))])
        ])
        #expect(self.sent(pipeline.next()) == ["old"])
        pipeline.replayWasRead()
        #expect(!pipeline.replayIsDone)
        #expect(pipeline.answered(status: 200).lane == .replay)
        #expect(pipeline.replayIsDone)
        #expect(pipeline.replayedThrough == old)
        #expect(pipeline.takePositionToSave() == nil)
        #expect(pipeline.next() == .suspend)
        pipeline.replayFinished()
        #expect(self.sent(pipeline.next()) == ["m1", "m2", "m3"])
    }

    @Test("An entry of an unknown kind moves the position") func unknownKind() {
        var pipeline = DeliveryPipeline()
        pipeline.connected(storeIsNew: false, replaying: false)
        pipeline.enqueue([DeliveryEntry(id: self.id(4), requests: [])])
        #expect(pipeline.next() == .suspend)
        #expect(pipeline.takePositionToSave() == self.id(4))
    }

    @Test("An entry of many channels is done when all are answered") func ensure() {
        var pipeline = DeliveryPipeline()
        pipeline.connected(storeIsNew: false, replaying: false)
        pipeline.enqueue([
            DeliveryEntry(id: self.id(1), requests: ["a", "b"].map { PublishRequest(channel: $0, content: .ensureChannel) })
        ])
        #expect(self.sent(pipeline.next()) == ["ensure a", "ensure b"])
        _ = self.answer(&pipeline, 200)
        #expect(pipeline.position.current == nil)
        _ = self.answer(&pipeline, 200)
        #expect(pipeline.takePositionToSave() == self.id(1))
    }

    @Test("After a stop nothing is sent, and it is drained when all is answered") func stop() {
        var pipeline = Self.pipeline("a", "b", "c")
        _ = pipeline.next()
        pipeline.stop()
        pipeline.enqueue([Self.entry(9, "a")])
        #expect(pipeline.next() == .suspend)
        #expect(!pipeline.isDrained)
        _ = self.answer(&pipeline, 200, 503, 200)
        #expect(pipeline.isDrained)
        #expect(pipeline.next() == .suspend)
        #expect(pipeline.takePositionToSave() == self.id(1))
    }

    @Test("Any answers and losses keep each channel's order and lose nothing", arguments: 0..<200 as Range<UInt64>)
    func random(seed: UInt64) {
        var random = SplitMix(state: seed)
        var limits = DeliveryPipeline.Limits()
        limits.inFlightRequests = Int.random(in: 1...20, using: &random)
        // Every other server closes the connection over a message that it fails to take. With the others, what is behind that message
        // in the pipeline may be taken before it, and is repeated after it.
        let hasErrors = !seed.isMultiple(of: 3)
        let closes = seed % 3 == 1
        var pipeline = DeliveryPipeline(limits: limits)
        let channels = ["a", "b", "c"]
        var expected: [String: [UInt64]] = [:]
        var stored: [String: [UInt64]] = [:]
        var flight: [(channel: String, id: UInt64)] = []
        var nextID: UInt64 = 1
        var steps = 0
        while nextID <= 60 || pipeline.position.current != self.id(60) {
            steps += 1
            guard steps < 20_000 else { break }
            switch Int.random(in: 0..<10, using: &random) {
            case 0 where nextID <= 60:
                let batch = (nextID...min(60, nextID + UInt64.random(in: 0...9, using: &random)))
                    .map { Self.entry($0, channels.randomElement(using: &random) ?? "a") }
                for entry in batch { expected[entry.requests[0].channel, default: []].append(entry.id.milliseconds) }
                nextID += UInt64(batch.count)
                pipeline.enqueue(batch)
            case 1:
                // Some of what was in flight had been taken.
                for request in flight.prefix(Int.random(in: 0...flight.count, using: &random)) {
                    stored[request.channel, default: []].append(request.id)
                }
                flight = []
                pipeline.disconnected()
                pipeline.connected(storeIsNew: false, replaying: false)
            case 2...5:
                if flight.isEmpty { continue }
                let request = flight.removeFirst()
                let status = hasErrors && Int.random(in: 0..<8, using: &random) == 0 ? 503 : 200
                if status == 200 { stored[request.channel, default: []].append(request.id) }
                _ = pipeline.answered(status: status)
                if status != 200, closes {
                    flight = []
                    pipeline.disconnected()
                    pipeline.connected(storeIsNew: false, replaying: false)
                }
            default:
                switch pipeline.next() {
                case .send(let requests):
                    for request in requests {
                        if case .message(_, let id) = request.content { flight.append((request.channel, id.milliseconds)) }
                    }
                case .backOff: pipeline.backOffElapsed()
                case .suspend: break
                }
            }
        }
        #expect(steps < 20_000)
        for channel in channels {
            var seen: Set<UInt64> = []
            let first = stored[channel, default: []].filter { seen.insert($0).inserted }
            seen = []
            let last = stored[channel, default: []].reversed().filter { seen.insert($0).inserted }.reversed()
            if !hasErrors || closes { #expect(first == expected[channel, default: []]) }
            #expect(Array(last) == expected[channel, default: []])
        }
    }
}

private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var value = self.state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
